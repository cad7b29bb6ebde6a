"""SQL of accounts, a file a noun: rows in, models out."""
