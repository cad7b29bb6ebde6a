"""The portal: the customers' door."""
