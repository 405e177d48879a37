"""Promises per second, and what each costs: ours beside the straightforward service and beside the same on other queues."""
