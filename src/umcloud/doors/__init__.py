"""How people and programs come in, one folder an audience."""
