"""Recharges: money that comes in through a payment channel, once. See README.md."""
