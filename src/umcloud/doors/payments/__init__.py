"""The door for payment companies: their notices come in here."""
