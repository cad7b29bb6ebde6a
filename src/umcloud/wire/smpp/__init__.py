"""SMPP 3.4: a strict codec and sessions of both roles as state machines without sockets."""
