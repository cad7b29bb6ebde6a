"""The business, one folder a noun, in tiers: high may call low."""
