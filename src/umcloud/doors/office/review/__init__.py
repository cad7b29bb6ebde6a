"""Reviews: one page for accounts, signatures and templates, a queue of each."""
