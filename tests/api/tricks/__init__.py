"""Lists of attacks that failed when a security tester tried them; `test_attacked_in_vain.py` repeats them."""
