"""What is computed, one module per kind: plain functions over bytes that know nothing of the queue or of one another."""
