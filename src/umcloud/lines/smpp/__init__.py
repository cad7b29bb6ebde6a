"""Links to carriers that speak SMPP 3.4."""
