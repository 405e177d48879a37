"""Task ids: version 7 UUIDs, which sort by time."""

import uuid


def is_id(text: str) -> bool:
    """Whether the text has the form of a task id, in upper or lower case."""
    try:
        return len(text) == 36 and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
