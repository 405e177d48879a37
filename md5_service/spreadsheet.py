"""CSV that is safe to open in a spreadsheet: no cell becomes a formula there."""

import csv
import io
import re
from collections.abc import Sequence

# The characters that OWASP lists, also in full width; some spreadsheets skip a tab or line end before one.
_FORMULA = re.compile(r"""[ '"]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]""")
# If a file is read with a delimiter other than the comma, as Excel does in half of Europe, a new cell begins after each of these,
# even in quoted cells: quotes in the middle of a cell mean nothing.
_INNER_START = re.compile(r"[;\t|\r\n]")
_INNER_FORMULA = re.compile(f"{_INNER_START.pattern}(?={_FORMULA.pattern})")
_GUARDED_FORMULA = re.compile(f"({_INNER_START.pattern})'(?={_FORMULA.pattern})")


def written_row(cells: Sequence[object]) -> str:
    """A row of CSV, with its line end."""
    row = io.StringIO()
    csv.writer(row).writerow(cells)  # with CR LF, because otherwise some Python versions do not quote a CR
    return row.getvalue().removesuffix("\r\n") + "\n"


def guarded(cell: str) -> str:
    """Puts an apostrophe before each part of a cell that a spreadsheet could read as a formula."""
    if _INNER_START.search(cell):
        cell = _INNER_FORMULA.sub(r"\g<0>'", cell)
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Undoes `guarded`, exactly."""
    if "'" not in cell:
        return cell
    cell = _GUARDED_FORMULA.sub(r"\1", cell)
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell, 1) else cell
