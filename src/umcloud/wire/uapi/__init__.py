"""The native dialect's bytes: flattening, signatures, bodies, files, batches and answers.

No sockets, no clock, no business: what comes in is text, what goes out is text.
"""
