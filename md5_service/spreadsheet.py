"""Cells of CSV files that people open in a spreadsheet: none of them becomes a formula there."""

import csv
import io
import re
from collections.abc import Sequence

# As OWASP has them, and of full width; some spreadsheets skip a tab or line end before one.
_FORMULA = re.compile(r"""[ '"]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]""")
# Where a cell is read with another delimiter than the comma, as Excel does in half of Europe, another begins after each of these:
# for quotes in the middle of one mean nothing then, be all cells quoted or not.
_INNER_START = re.compile(r"[;\t|\r\n]")
_INNER_FORMULA = re.compile(f"{_INNER_START.pattern}(?={_FORMULA.pattern})")
_GUARDED_FORMULA = re.compile(f"({_INNER_START.pattern})'(?={_FORMULA.pattern})")


def written_row(cells: Sequence[object]) -> str:
    """A row of CSV, with its line end."""
    row = io.StringIO()
    csv.writer(row).writerow(cells)  # with CR LF, for else the module of some Pythons does not quote a CR
    return row.getvalue().removesuffix("\r\n") + "\n"


def guarded(cell: str) -> str:
    """So that no spreadsheet takes it, or a part of it, for a formula: with an apostrophe before each."""
    if _INNER_START.search(cell):
        cell = _INNER_FORMULA.sub(r"\g<0>'", cell)
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Undoes `guarded`, exactly."""
    if "'" not in cell:
        return cell
    cell = _GUARDED_FORMULA.sub(r"\1", cell)
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell, 1) else cell
