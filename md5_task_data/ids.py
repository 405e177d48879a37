"""Ids of tasks: UUIDs, version 7, so that they are ordered by time."""

import uuid


def is_id(text: str) -> bool:
    """Whether it has the form of one, in small letters or large."""
    try:
        return len(text) == 36 and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
