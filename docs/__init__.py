"""The documents: what is written by hand here, and what is written from the code."""
