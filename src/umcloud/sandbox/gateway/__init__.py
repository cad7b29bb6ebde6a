"""A simulated payment company: pay page, signed notices with retries, queries, statements."""
