"""Callbacks: customers' own programs are told what became of their messages."""
