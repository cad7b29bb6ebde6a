"""Signatures: the name in 【】 that stands before every message."""
