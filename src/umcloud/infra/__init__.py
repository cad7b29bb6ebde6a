"""Plumbing that knows no business word: database, clock, jobs, outbox, settings, mail, texts."""
