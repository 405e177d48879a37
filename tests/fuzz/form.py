"""A coverage-guided fuzzer (atheris, libFuzzer) of the code that receives forms: `python -m tests.fuzz.form FOLDER
[libFuzzer's options]`. The folder must be empty, and is best in memory.

It does what `Intake` does, with a real bucket, up to the row. Each input is a form and the way it is cut into chunks. Half of the
inputs are arbitrary bytes; the other half are built from parts, so that the expected result is known without a parser. The checks
are in `_check`; the first that fails ends the run with a traceback, and the input is saved to a file.
"""

import asyncio
import base64
import binascii
import itertools
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, NamedTuple

import atheris

with atheris.instrument_imports(
    include=[
        "python_multipart",
        "md5_service.api.upload.receive",
        "md5_service.api.upload.form",
        "md5_service.api.upload.sink",
        "md5_service.api.upload.disposition",
        "md5_service.api.upload.decoding",
    ]
):
    from md5_service.api.upload import disposition, receive, sink

from fastapi import Request
from starlette.exceptions import HTTPException

from md5_service.api.upload.intake import new_task
from md5_service.settings import Settings
from md5_task_data.bucket.folder import Bucket
from md5_task_data.errors import InvalidInput, Malformed, TooLarge

ID = "01a20000-0000-7000-8000-000000000000"
MAX_FILE, SMALL_FILE = 1500, 300
SETTINGS = Settings(
    database_url="sqlite:////nowhere", broker_url="memory://", bucket_url="file:///nowhere", log_path=Path("/nowhere")
)
LONGEST_BY_BYTE = 300  # bytes: forms up to this length are also sent byte by byte
BOUNDARIES = (b"x", b"-", b"--", b"a a", b"aab", b"----WebKitFormBoundary7MA4YWxkTrZu0gW", b"b" * 70)
NAMES = ("file", "batch", "expected_md5", "kind", "filename", "other", "")
ENCODINGS = ("", "", "base64", "quoted-printable")
HALVES = (b"\r\n", b"\r", b"\n", b"--", b"\r\n--", b"\r\n-", b"--\r\n", b"a" * 40, b"\0")


class Outcome(NamedTuple):
    """The result of a form: `error` is the class of a refusal; the other fields describe a task."""

    error: type[Exception] | None = None
    content: bytes = b""
    filename: str = ""
    batch: str | None = None
    params: tuple[tuple[str, object], ...] = ()


class Part(NamedTuple):
    """A part of a form that is built; `encoding` is its Content-Transfer-Encoding."""

    name: str
    filename: str | None
    content: bytes
    encoding: str = ""

    def encoded(self) -> bytes:
        if self.encoding == "base64":
            return base64.encodebytes(self.content).replace(b"\n", b"\r\n")
        return binascii.b2a_qp(self.content, istext=False) if self.encoding else self.content


class AtOnce(Executor):
    """Writes to disk in the event loop's thread: switching threads would cost more than everything else."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except BaseException as error:
            done.set_exception(error)
        return done


class Forms:
    """Uploads forms one after the other, all with the same id."""

    def __init__(self, folder: Path) -> None:
        self._bucket = Bucket(f"file://{folder}/bucket")
        self._bucket.make()
        self._loop = asyncio.new_event_loop()

    def hand_over(self, boundary: bytes, chunks: Sequence[bytes]) -> Outcome:
        """Upload a form. Raises every error that is not one of our own refusals."""
        try:
            return self._loop.run_until_complete(self._take(_request(boundary, chunks)))
        except (Malformed, InvalidInput, TooLarge, HTTPException) as refusal:
            assert self._files() == [], "something was left behind"
            return Outcome(type(refusal))

    async def _take(self, request: Request) -> Outcome:
        """What `Intake` does."""
        received = receive.request_head(request, SETTINGS)
        taken = sink.Sink(lambda: self._bucket.receive(ID), MAX_FILE, small=SMALL_FILE)
        try:
            await receive.receive(request, received, taken, SETTINGS)
            new = new_task(SETTINGS, ID, "local", received, taken.size)
            await taken.store()
        except BaseException:
            await taken.discard()
            raise
        content = taken.content
        if content is None:
            (path,) = self._files()
            content = path.read_bytes()
        outcome = Outcome(None, content, new.filename, new.batch, tuple(new.params.items()))
        assert len(outcome.content) == new.size
        self._bucket.delete(ID)
        return outcome

    def _files(self) -> list[Path]:
        return [path for folder in self._bucket.root.iterdir() for path in folder.iterdir()]


def _request(boundary: bytes, chunks: Sequence[bytes]) -> Request:
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    coming = iter(messages)

    async def come() -> dict[str, Any]:
        return next(coming)

    quoted = boundary.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    headers = [(b"content-type", b'multipart/form-data; boundary="%s"' % quoted), (b"transfer-encoding", b"chunked")]
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "query_string": b"", "headers": headers}
    return Request(scope, come)


def cut(body: bytes, steps: Sequence[int]) -> list[bytes]:
    """Chunks of these lengths, repeated."""
    chunks: list[bytes] = []
    at = 0
    for step in itertools.cycle([max(1, step) for step in steps]):
        if at >= len(body):
            return chunks
        chunks.append(body[at : at + step])
        at += step
    return chunks


def write(boundary: bytes, parts: Sequence[Part]) -> bytes:
    """A form according to RFC 7578; encoded parts according to RFC 2046."""
    lines = []
    for part in parts:
        called = "" if part.filename is None else f'; filename="{part.filename}"'
        travels = f"\r\nContent-Transfer-Encoding: {part.encoding}" if part.encoding else ""
        lines.append(b"--%s\r\n" % boundary)
        lines.append(f'Content-Disposition: form-data; name="{part.name}"{called}{travels}\r\n\r\n'.encode())
        lines.append(part.encoded() + b"\r\n")
    return b"".join([*lines, b"--%s--\r\n" % boundary])


def expected(parts: Sequence[Part]) -> Outcome | None:
    """The expected result of the form that `write` builds from these parts, where it is easy to state."""
    names = [part.name for part in parts]
    files = [(part.filename, part.content) for part in parts if part.name == "file"]
    fields = {part.name: part.content for part in parts if part.name != "file"}
    if (
        set(names) - {"file", "batch", "filename"}
        or len(set(names)) < len(names)
        or not files
        or len(files[0][1]) > MAX_FILE
        or files[0][0] is None
        or files[0] == ("", b"")
    ):
        return Outcome(InvalidInput)
    if any(b"\0" in value or len(value) > 250 for value in fields.values()):
        return None
    named = os.fsdecode(fields["filename"]) if "filename" in fields else files[0][0]
    batch = fields.get("batch", b"").decode(errors="replace") or None
    return Outcome(None, files[0][1], named or "unnamed", batch)


def read(boundary: bytes, body: bytes) -> bytes | None:
    """The content of the part `file`, found by searching the whole body; None: it has not exactly one."""
    end = re.compile(b"\r\n--" + re.escape(boundary) + b"(--|[ \t]*\r\n)")  # with padding (RFC 2046)
    found = []
    here = end.match(b"\r\n" + body[max(0, (b"\n" + body).find(b"\n--" + boundary)) :])  # after the preamble
    rest = here.string[here.end() :] if here else b""
    while here is not None and here[1] != b"--":
        head, _, rest = rest.partition(b"\r\n\r\n")
        here = end.search(rest)
        content = rest[: here.start()] if here else rest
        lines = [line.partition(b":") for line in head.split(b"\r\n")]
        about = [value for name, _, value in lines if name.strip().lower() == b"content-disposition"]
        if about and disposition.parameters(about[-1]).get("name") == "file":
            found.append(content)
        rest = rest[here.end() :] if here else b""
    return found[0] if len(found) == 1 else None


def seeds() -> Iterator[bytes]:
    """The initial inputs: forms as bytes, for each boundary, complete and truncated; and choices from which parts are built."""
    for number, boundary in enumerate(BOUNDARIES):
        for content in (b"", b"abc", *(half + b"x" + half for half in HALVES), b"\r\n--" + boundary[:-1]):
            form = write(boundary, [Part("file", "a.bam", content), Part("batch", None, b"run 7")])
            yield bytes([0, number, 1, 7, 64, 255]) + form
            yield bytes([0, number, 1, 7, 64, 255]) + b"for people\r\n" + form
    for number in range(40):
        yield bytes([1, *((number * 37 + at * at) % 256 for at in range(120))])


def _chosen_parts(choose: Any, boundary: bytes) -> list[Part]:
    parts = []
    pieces = [*HALVES, b"--" + boundary, b"\r\n--" + boundary[:-1], b"--" + boundary + b"--", boundary]
    for _ in range(choose.ConsumeIntInRange(0, 4)):
        name = NAMES[choose.ConsumeIntInRange(0, len(NAMES) - 1)] if choose.ConsumeBool() else "file"
        filename = choose.ConsumeBool() and "".join(c for c in choose.ConsumeString(9) if c.isalnum())
        content = b"".join(
            pieces[choose.ConsumeIntInRange(0, len(pieces) - 1)] + choose.ConsumeBytes(choose.ConsumeIntInRange(0, 9))
            for _ in range(choose.ConsumeIntInRange(0, 5))
        )
        encoding = ENCODINGS[choose.ConsumeIntInRange(0, len(ENCODINGS) - 1)]
        part = Part(name, filename if isinstance(filename, str) else None, content, encoding)
        if b"\r\n--" + boundary not in b"\r\n" + part.encoded() + b"\r\n--":
            parts.append(part)
    return parts


def _check(forms: Forms, data: bytes) -> None:
    choose = atheris.FuzzedDataProvider(data[6:])
    is_written, number, *steps = (*data[:6], 0, 0, 1, 1, 1, 1)[:6]
    boundary = BOUNDARIES[number % len(BOUNDARIES)]
    must_be = None
    if is_written % 2:
        parts = _chosen_parts(choose, boundary)
        body, must_be = write(boundary, parts), expected(parts) if parts else Outcome(Malformed)
    else:
        body = data[6:]
    outcome = forms.hand_over(boundary, cut(body, steps))
    assert outcome == forms.hand_over(boundary, [body]), "it depends on how it was cut"
    if len(body) <= LONGEST_BY_BYTE:
        assert outcome == forms.hand_over(boundary, cut(body, [1])), "it is another one byte by byte"
    if must_be is not None:
        is_refused_as_well = outcome.error is not None and must_be.error is not None
        assert outcome == must_be or is_refused_as_well, f"{outcome} and not {must_be}"
    elif outcome.error is None:
        assert outcome.content == read(boundary, body), f"{outcome.content!r} in {body!r}"


def _fuzz(arguments: list[str], folder: Path) -> None:
    logging.disable()  # the parser logs each refusal
    sink._disk = AtOnce()  # type: ignore[assignment]
    forms = Forms(folder)
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds()):
        (corpus / str(number)).write_bytes(seed)
    words = {b'name="file"', b"Content-Disposition: form-data; ", *HALVES, *BOUNDARIES}
    words |= {b"\r\n--" + boundary for boundary in BOUNDARIES} | {b"--" + boundary + b"--" for boundary in BOUNDARIES}
    lines = ['"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in sorted(words)]
    (folder / "words").write_text("".join(lines))
    check: Callable[[bytes], None] = lambda data: _check(forms, data)  # noqa: E731
    options = [f"-dict={folder}/words", "-max_len=2000", "-rss_limit_mb=512", f"-artifact_prefix={folder}/", *arguments]
    atheris.Setup([sys.argv[0], *options, str(corpus)], check)
    atheris.Fuzz()


if __name__ == "__main__":
    _fuzz(sys.argv[2:], Path(sys.argv[1]))
