"""Other people's systems behind ports: the real client and a sandbox of the same protocol."""
