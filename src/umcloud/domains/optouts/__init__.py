"""Who wants no more marketing of an account; enforced where messages are accepted."""
