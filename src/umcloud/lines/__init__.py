"""Long-lived links to carriers."""
