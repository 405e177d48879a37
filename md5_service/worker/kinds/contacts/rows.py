"""Turns CSV records into contacts and rejected rows."""

from collections.abc import Callable, Mapping, Set
from json.encoder import encode_basestring as quoted
from operator import itemgetter
from types import MappingProxyType
from zlib import crc32

from md5_service.spreadsheet import guarded
from md5_service.worker.formats.csv import Dialect, csv_row, is_blank, lines_of
from md5_service.worker.formats.text import NOT_KEPT, UNKNOWN, decoded
from md5_service.worker.kinds.contacts.layout import MOST_COLUMNS, Layout, cells_in_report, distinct
from md5_task_data.kinds.addresses import NotAnAddress, key_of
from md5_task_data.kinds.contacts import New

LONG = 1 << 20  # characters; longer rows are measured exactly
LONGEST_ROW = 15 << 20  # bytes in a statement; MariaDB accepts no more by default
LOOK_ROWS = 500  # between two checks; they take some milliseconds, if they are not very long
FEW, BUCKETS = 2000, 4  # contacts that are stored in one step; the number of steps for more

Reject = tuple[int, str, str, list[str]]  # line, code, message, cells


class Unfit(Exception):
    """Why a row is not a contact: a code and a message."""


class Parsed:
    """The valid and the rejected rows of a part."""

    def __init__(self) -> None:
        self.valid: list[New] = []
        self.rejected: list[Reject] = []
        self.unchecked: int | None = None  # valid rows whose domain the DNS gave no answer about; None: not asked

    @property
    def count(self) -> int:
        return len(self.valid) + len(self.rejected)

    def domains(self) -> set[str]:
        return {_domain(contact[0]) for contact in self.valid}

    def count_unchecked(self, silent: Set[str]) -> None:
        """Count the rows of `silent` domains, about which the DNS gave no answer."""
        self.unchecked = sum(_domain(contact[0]) in silent for contact in self.valid)

    def buckets(self, first: int) -> list[list[New]]:
        """The first row of each address, in one list per step. An address is always in the same list; they are rotated to
        begin with number `first`."""
        firsts: dict[str, New] = {}
        for contact in self.valid:
            firsts.setdefault(contact[0], contact)
        if len(firsts) <= FEW:
            return [list(firsts.values())]
        lists: list[list[New]] = [[] for _ in range(BUCKETS)]
        for key, contact in firsts.items():
            lists[crc32(key.encode()) % BUCKETS].append(contact)
        first %= BUCKETS
        return lists[first:] + lists[:first]

    def report(self) -> bytes:
        """The rejected rows as CSV, without a header."""
        in_order = sorted(self.rejected, key=itemgetter(0))
        return b"".join(
            csv_row([line, code, *map(guarded, [message, *cells])]) for line, code, message, cells in in_order
        )


def _domain(key: str) -> str:
    return key.rpartition("@")[2]


def parse(
    content: bytes,
    encoding: str,
    dialect: Dialect,
    layout: Layout,
    line: int,
    look: Callable[[], None],
    refused: Mapping[str, str] = MappingProxyType({}),
) -> Parsed:
    """Parse whole records, the first of which begins in this line. `look` is called now and then, and may raise. `refused`:
    domains that accept no mail, and why."""
    text, is_sound = decoded(content, encoding)
    is_sound = is_sound and "\0" not in text
    parsed = Parsed()
    maker = _Maker(layout, encoding, refused)
    contact, is_valid = maker.contact, parsed.valid.append
    records = dialect.records(lines_of(text))
    next_line = line
    for number, record in enumerate(records):
        if number % LOOK_ROWS == 0:
            look()
        at, next_line = next_line, line + records.line_num
        if len(record) < 2 and is_blank(record):
            continue
        cells = cells_in_report(record) if layout.is_report else record
        try:
            if not is_sound or layout.is_report:
                maker.check_characters(cells)
            is_valid(contact(cells, at))
        except (Unfit, NotAnAddress) as error:
            parsed.rejected.append((at, *maker.reason(error, cells), cells))
    return parsed


class _Maker:
    """Makes a contact from the cells of a row."""

    def __init__(self, layout: Layout, encoding: str, refused: Mapping[str, str]) -> None:
        self._layout = layout
        self._encoding = encoding
        self._refused = refused
        self._width = len(layout.columns)
        rest = [at for at in range(self._width) if at not in (layout.email, layout.name)]
        names = [quoted(layout.columns[at]).replace("%", "%%") for at in rest]
        self._template = "{" + ",".join(f"{name}:%s" for name in names) + "}"
        self._rest = rest
        # Includes names for rows that are longer than the header.
        self._columns = [
            quoted(name)
            for name in distinct([*layout.columns, *(f"column_{at + 1}" for at in range(self._width, MOST_COLUMNS))])
        ]

    def contact(self, cells: list[str], line: int) -> New:
        """Raises NotAnAddress, Unfit."""
        layout = self._layout
        if len(cells) == self._width:
            key = key_of(email := cells[layout.email])
            name = "" if layout.name is None else cells[layout.name]
            data = self._template % tuple(map(quoted, map(cells.__getitem__, self._rest)))
        else:
            if len(cells) <= layout.email:
                raise NotAnAddress("")
            if len(cells) > MOST_COLUMNS:
                raise Unfit("too_many_cells", f"The row has {len(cells)} cells; at most {MOST_COLUMNS} are allowed.")
            key = key_of(email := cells[layout.email])
            name = cells[layout.name] if layout.name is not None and layout.name < len(cells) else ""
            data = self._data(cells)
        if len(data) + len(name) > LONG:
            _check_length(data + name)
        if self._refused and (why := self._refused.get(_domain(key))):
            raise Unfit("domain_takes_no_mail", why)
        return key, email.strip(), name, data, line

    def check_characters(self, cells: list[str]) -> None:
        """Raises Unfit."""
        unfit = set(NOT_KEPT.findall("".join(cells)))
        if "\0" in unfit:
            raise Unfit("nul_character", "The row has a NUL character, which is not allowed in text.")
        if unfit or (self._layout.is_report and any(UNKNOWN in cell for cell in cells)):
            raise Unfit("bad_encoding", f"The row has bytes that are not valid {self._encoding}.")

    def reason(self, error: Exception, cells: list[str]) -> tuple[str, str]:
        """The code and message of a rejected row."""
        if isinstance(error, Unfit):
            return error.args[0], error.args[1]
        if not any(cell.strip() for cell in cells):
            return "empty_row", "All cells of the row are empty."
        if len(cells) <= self._layout.email or not cells[self._layout.email].strip():
            column = self._layout.column(self._layout.email)
            return "no_address", f"The row has no email address in column {column}."
        return "invalid_address", str(error)

    def _data(self, cells: list[str]) -> str:
        """For a row with fewer or more cells than there are columns: no cell is lost."""
        special = self._layout.email, self._layout.name
        pairs = zip(self._columns, cells, strict=False)
        return (
            "{" + ",".join(f"{name}:{quoted(cell)}" for at, (name, cell) in enumerate(pairs) if at not in special) + "}"
        )


def _check_length(row: str) -> None:
    size = len(row.encode(errors="replace")) + sum(map(row.count, "\\\"'\n\r\x1a"))
    if size > LONGEST_ROW:
        raise Unfit("row_too_long", f"The row is too long to be stored; it has {len(row)} characters.")
