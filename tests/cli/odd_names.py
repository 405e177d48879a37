"""Names that a file may have."""

ODD_NAMES = [
    b"plain",
    b"two words",
    b"back\\slash",
    b"new\nline",
    b"carriage\rreturn",
    b"quote'\"",
    "é😀".encode(),
    b"\xff\xfe",
]
