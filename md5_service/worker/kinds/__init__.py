"""What is computed, one file a kind: plain functions over bytes, that know of no queue and of one another."""
