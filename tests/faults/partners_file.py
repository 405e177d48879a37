"""A file of contacts such as partners send."""

import random

from tests.faults.schedule import SEED


def partners_file(rows: int) -> bytes:
    """Some rows are repeated, known or invalid, or span several lines."""
    chance = random.Random(SEED)
    lines = ["name;email;phone"]
    for number in range(rows):
        email = f"user{chance.randrange(rows)}@x{chance.choice(('.org', '.ORG'))}"
        if number % 20 == 0:
            email = chance.choice(["", "nobody", "a@b", "x y@z.org", "é@", "@x.org"])
        name = f'"Firm {number};\nLtd"' if number % 7 == 0 else f"Zoë {number}"
        lines.append(f"{name};{email};+49 {number}")
    return "\r\n".join(lines).encode()
