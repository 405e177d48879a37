"""What a tester of security tried in vain, as lists; `test_attacked_in_vain.py` tries it again."""
