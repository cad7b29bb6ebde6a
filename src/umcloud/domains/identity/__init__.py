"""Identity: which legal subject stands behind an account, and who found it proved (C3.2, C6.1)."""
