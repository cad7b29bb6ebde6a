"""Windows into the simulated outside world: phones, carrier, mailbox, payments, clock."""
