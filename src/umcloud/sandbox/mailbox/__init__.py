"""The sandbox's mailbox: a real SMTP server and a store to look into."""
