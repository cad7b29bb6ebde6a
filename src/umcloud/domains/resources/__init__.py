"""What a customer owns and the operator reviews: signatures and templates."""
