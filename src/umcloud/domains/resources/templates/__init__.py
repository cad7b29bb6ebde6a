"""Templates: the approved texts into which a message's values are put."""
