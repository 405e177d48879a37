"""Answers with stored bytes. An unsatisfiable `Range` gets a problem document like any other error."""

import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from md5_service.api.http.errors import problem


class Download(FileResponse):
    """A FileResponse that ignores a malformed or unknown `Range`, as RFC 9110, 14.2 requires; Starlette answers 400."""

    def __init__(self, stored: Path | bytes, status_code: int = 200, **how: Any) -> None:
        """`stored`: the path of a file, or bytes, which are put into an anonymous file. Accesses the disk."""
        self._file: BinaryIO | None = None
        if isinstance(stored, bytes):
            self._file = _file_of(stored)
            path = Path(f"/dev/fd/{self._file.fileno()}")
        else:
            path = stored
        super().__init__(path, status_code, stat_result=path.stat(), **how)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = 0

        async def send_unless_refused(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in (400, 416):
                refused = message["status"]
            elif not refused:
                await send(message)

        try:
            await super().__call__(scope, receive, send_unless_refused)
            await self._answer_again(refused, scope, receive, send)
        finally:
            if self._file is not None:
                self._file.close()

    async def _answer_again(self, refused: int, scope: Scope, receive: Receive, send: Send) -> None:
        if refused == 400:
            headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
            await super().__call__({**scope, "headers": headers}, receive, send)
        elif refused == 416:
            assert self.stat_result is not None
            size = self.stat_result.st_size
            detail = f"The header Range asks for bytes that do not exist: the file has {size} bytes."
            answer = problem("no_such_range", detail, {"Content-Range": f"bytes */{size}"})
            await answer(scope, receive, send)


def _file_of(content: bytes) -> BinaryIO:
    is_linux = hasattr(os, "memfd_create")
    file = os.fdopen(os.memfd_create("content"), "w+b") if is_linux else tempfile.TemporaryFile()  # noqa: SIM115  # __call__ closes it
    file.write(content)
    file.seek(0)
    return file
