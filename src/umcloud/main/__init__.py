"""Wiring: the only place that knows everybody; one entry a process."""
