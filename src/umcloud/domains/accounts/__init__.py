"""Accounts: customers, their people, sign-in sessions and API keys; the operator's staff."""
