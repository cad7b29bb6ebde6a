"""Payment companies: the sandbox's gateway, spoken to as the real ones are."""
