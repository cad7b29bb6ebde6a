"""What handsets write back: kept, put together, and given to the account that wrote last."""
