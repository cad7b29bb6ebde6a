"""Doors that speak other vendors' interfaces."""
