"""The worker: what follows the logs and the clock. `schedule.py` says what runs when."""
