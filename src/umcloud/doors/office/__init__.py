"""The operator's door: reviews, customers, messages, lines, the books and their promises."""
