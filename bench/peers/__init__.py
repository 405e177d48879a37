"""Tasks created per second, and what each costs: ours compared with the straightforward service, and with the same on other
queues."""
