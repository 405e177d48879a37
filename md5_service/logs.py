"""The processes' own logs: one JSON object per line on stderr, with the ids of the request, task and trace it is about."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

from md5_service import tracing

_request: ContextVar[str | None] = ContextVar("request_id", default=None)
_task: ContextVar[str | None] = ContextVar("task_id", default=None)


def configure(level: Literal["debug", "info", "warning", "error"]) -> None:
    """Write everything that this process logs, at this level or above, to stderr."""
    handler = logging.StreamHandler()
    handler.addFilter(_name_ids)
    renamed = {"levelname": "level", "processName": "process", "exc_info": "traceback"}
    form = "{levelname}{name}{processName}{message}"
    handler.setFormatter(JsonFormatter(form, style="{", rename_fields=renamed, timestamp="at", json_ensure_ascii=False))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    # uvicorn configures its own format if it was started directly.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"  # `http.head` logs the same, with ids


def about_request(request_id: str) -> None:
    """Everything logged in this context from here on is about this request."""
    _request.set(request_id)


@contextmanager
def about_task(task_id: str) -> Iterator[None]:
    """Everything logged in this block is about this task."""
    token = _task.set(task_id)
    try:
        yield
    finally:
        _task.reset(token)


def _name_ids(record: logging.LogRecord) -> bool:
    for name, variable in (("request_id", _request), ("task_id", _task)):
        if (value := variable.get()) is not None:
            setattr(record, name, value)
    for name, value in tracing.ids().items():
        setattr(record, name, value)
    return True
