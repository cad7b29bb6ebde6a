"""Buying packages: quantity, price by tier, units for twelve months. See README.md."""
