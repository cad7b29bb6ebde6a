"""Notifications: what customers are told, in their inbox on the site and by e-mail."""
