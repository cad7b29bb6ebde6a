"""Deeds that need several slices at once, each in one transaction."""
