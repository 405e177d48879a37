"""Task ids: version 7 UUIDs, which sort by time."""

import uuid


def is_id(text: str) -> bool:
    """Whether the text has the form of a task id, in upper or lower case."""
    try:
        return len(text) == 36 and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def first_of(milliseconds: int) -> str:
    """The lowest id of that moment, in milliseconds since 1970; of those that an id cannot tell, the nearest that it can."""
    moment = f"{min(max(milliseconds, 0), (1 << 48) - 1):012x}"
    return f"{moment[:8]}-{moment[8:]}-0000-0000-000000000000"
