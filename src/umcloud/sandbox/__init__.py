"""A simulated outside world: carrier, phones, payment gateway, mailbox."""
