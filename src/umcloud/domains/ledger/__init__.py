"""The books: wallets with buckets, journals, entries. See README.md."""
