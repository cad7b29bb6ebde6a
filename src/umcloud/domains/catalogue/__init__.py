"""Published prices: versioned, never changed, each with its source. See README.md."""
