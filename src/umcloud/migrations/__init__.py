"""Migrations and `schema.sql`, the readable whole. They live in the package so that the wheel,
which has no repository around it, can migrate too. `./dev schema` writes the SQL; nobody else.
"""
