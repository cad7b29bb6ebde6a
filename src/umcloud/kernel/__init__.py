"""Words everybody speaks: money, moments, ids, refusals, acts. Standard library only, no await."""
