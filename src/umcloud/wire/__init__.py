"""Bytes to values and back, and protocol state machines; no sockets, no clock."""
