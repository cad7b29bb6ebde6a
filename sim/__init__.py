"""Months of a cloud in minutes: real services, a clock that is moved, a second opinion."""
