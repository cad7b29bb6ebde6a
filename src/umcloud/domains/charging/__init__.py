"""Charging: events in, exact charges out. See README.md."""
