"""Lists of attacks that a security tester tried in vain; `test_attacked_in_vain.py` repeats them."""
