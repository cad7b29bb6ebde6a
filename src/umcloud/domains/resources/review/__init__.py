"""The review that signatures and templates go through."""
