"""Migrations and `schema.sql`, the readable whole; `./dev schema` writes the SQL.

They live in the package, not beside it, so that the wheel, which has no repository around it, can
migrate too.
"""
