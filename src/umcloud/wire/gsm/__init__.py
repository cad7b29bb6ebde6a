"""Text as handsets carry it: the GSM 7-bit alphabet, UCS2, user data headers, parts."""
