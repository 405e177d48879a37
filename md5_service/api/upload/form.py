"""Reads a multipart form (RFC 7578) piece by piece: the part `file` goes to the sink, every other part is a parameter."""

import re
from collections.abc import AsyncIterator, Callable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from md5_service.api.upload import decoding, disposition
from md5_service.api.upload.sink import Sink
from md5_service.settings import Settings
from md5_task_data import names
from md5_task_data.errors import InvalidInput, Malformed, TooLarge

MAX_FIELD_BYTES = 64 << 10
BOUNDARY = re.compile(rb"[!-~ ]*[!-~]")  # the parser would accept others, and find them in the wrong places

Add = Callable[[str, str], None]  # takes a parameter: its name and value


async def read_form(
    chunks: AsyncIterator[bytes], boundary: bytes, add_parameter: Add, sink: Sink, settings: Settings
) -> str | None:
    """Read a form into `sink`, and pass each parameter to `add_parameter`. Returns the name of the file, if it has one.

    Raises Malformed, InvalidInput, TooLarge, HTTPException(415), and whatever `sink` and `add_parameter` raise.
    """
    if not boundary:
        raise Malformed("The Content-Type of the form has no boundary.")
    if not BOUNDARY.fullmatch(boundary):
        raise Malformed("The boundary of the form has characters that RFC 2046 does not allow.")
    form = _Form(add_parameter, sink)
    try:
        parser = MultipartParser(
            boundary,
            form.callbacks(),  # type: ignore[arg-type]  # its type exists for checkers only
            max_header_count=settings.max_part_headers,
            max_header_size=settings.max_part_header_bytes,
        )
        size = 0
        opening = re.compile(b"\n--" + re.escape(boundary) + b"(?=[\\s-])")  # and not a longer boundary
        preamble, has_begun = b"\n", False
        async for chunk in chunks:
            size += len(chunk)
            if not has_begun:  # text before the first boundary is ignored (RFC 2046, 5.1.1)
                preamble += chunk
                found = opening.search(preamble)
                has_begun = found is not None
                begin = found.start() + 1 if found else len(preamble)
                chunk, preamble = preamble[begin:], b"" if has_begun else preamble[-len(opening.pattern) :]
            if chunk:
                parser.write(chunk)
                await sink.pass_on()
            if size - form.file_bytes(sink.size) > settings.max_form_bytes:
                most = settings.max_form_bytes
                raise TooLarge(f"The form has more than {most} bytes besides its file; nothing was stored.")
        parser.finalize()
    except FormParserError as error:
        raise Malformed(f"The form could not be parsed: {str(error).rstrip('.')}.") from None
    if not has_begun:
        raise Malformed("The boundary that the Content-Type names does not occur in the form.")
    if not form.complete:
        raise Malformed("The form ended before its closing boundary; nothing was stored.")
    if not form.has_file:
        raise InvalidInput("The parameter file is required; the form has no part of this name.")
    return form.filename


class _Form:
    """The callbacks of the parser."""

    def __init__(self, add_parameter: Add, sink: Sink) -> None:
        self.filename: str | None = None  # of the file
        self.complete = False
        self.has_file = False
        self._add_parameter = add_parameter
        self._sink = sink
        self._header = (bytearray(), bytearray())
        self._name = ""
        self._in_file = False
        self._value = bytearray()
        self._decoder: decoding.Decoder | None = None
        self._file_travelled = 0

    def file_bytes(self, decoded: int) -> int:
        """Bytes of the body that count as the file's, given that `decoded` came of them; an encoding's padding does not count."""
        return min(self._file_travelled, decoding.MOST_GROWTH * decoded)

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def _part_begin(self) -> None:
        self._name, self._in_file, self._value = "", False, bytearray()
        self._filename: str | None = None
        self._encoding: str | None = None
        self._header = (bytearray(), bytearray())

    def _header_end(self) -> None:
        name, value = self._header
        if bytes(name).lower() == b"content-disposition":
            about = disposition.parameters(bytes(value))
            self._name = names.as_text(about.get("name", ""))
            self._filename = about.get("filename")
        elif bytes(name).lower() == b"content-transfer-encoding":
            if self._encoding is not None:
                raise Malformed("The Content-Transfer-Encoding of a part was given more than once. Send it once.")
            self._encoding = value.decode(errors="replace")
        self._header = (bytearray(), bytearray())

    def _headers_finished(self) -> None:
        if not self._name:
            raise Malformed("A part of the form has no name.")
        self._decoder = decoding.decoder_of(self._encoding or "binary")
        if self._name == "file":
            if self.has_file:
                raise InvalidInput("The parameter file was given more than once. Upload one file per request.")
            if self._filename is None:
                raise InvalidInput(
                    "The parameter file is text, not a file. With curl, put an @ before the path: -F file=@PATH"
                )
            self.has_file = self._in_file = True
            self.filename = self._filename

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._file_travelled += end - start
        piece = memoryview(data)[start:end]
        self._take(piece if self._decoder is None else self._decoder.decode(piece))

    def _take(self, piece: bytes | memoryview) -> None:
        if self._in_file:
            self._sink.add(piece)
            return
        if len(self._value) + len(piece) > MAX_FIELD_BYTES:
            raise InvalidInput(f"The parameter {self._name[:100]} is longer than {MAX_FIELD_BYTES} bytes.")
        self._value += piece

    def _part_end(self) -> None:
        if self._decoder is not None:
            self._take(self._decoder.end())
        if self._in_file:
            if not self._filename and not self._file_travelled:  # what browsers send for an empty file field
                raise InvalidInput("The parameter file is empty: no file was chosen.")
        else:
            self._add_parameter(self._name, self._value.decode(errors="surrogateescape"))

    def _end(self) -> None:
        self.complete = True
