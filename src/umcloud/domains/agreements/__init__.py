"""What was agreed: texts by version, and who consented to which, when and how (P.1, P.2, E.1)."""
