"""Messaging: accept, route, submit, report. See README.md."""
