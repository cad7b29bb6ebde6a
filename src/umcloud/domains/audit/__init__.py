"""Audit: who did what, when, from where, by which door; hash-chained (C13.1)."""
