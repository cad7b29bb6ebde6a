"""The common ground of the desks that people use: sessions, forms, tables, pages, live parts.

`README.md` beside this file shows a page in twenty lines.
"""
