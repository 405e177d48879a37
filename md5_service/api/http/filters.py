"""The filters of a list of tasks, as query parameters. `md5_task_data.filters` checks their values."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Query

from md5_service.api.http.openapi import AnyText, Text
from md5_task_data.registry import KINDS
from md5_task_data.schema import STATUSES, VERDICTS

_DATE_OR_TIME = {"anyOf": [{"format": "date"}, {"format": "date-time"}]}


async def _filters(
    kind: Annotated[Text, Query(json_schema_extra={"enum": list(KINDS)}, description="Only tasks of this kind")] = None,
    status: Annotated[
        Text, Query(json_schema_extra={"enum": list(STATUSES)}, description="Only tasks in this status")
    ] = None,
    verdict: Annotated[
        Text,
        Query(
            json_schema_extra={"enum": list(VERDICTS)},
            description="Whether a file has the MD5 that was expected: `match`, `mismatch`, or `none` for every task without a "
            "verdict, because no MD5 was expected or there is no result (yet)",
        ),
    ] = None,
    filename: Annotated[AnyText, Query(description="The whole name of the file")] = None,
    filename__contains: Annotated[
        AnyText, Query(description="A part of the file name. Case is ignored; on SQLite only that of ASCII letters")
    ] = None,
    md5: Annotated[AnyText, Query(description="The MD5 of the file, in hexadecimal")] = None,
    batch: Annotated[AnyText, Query(description="The whole name of the batch")] = None,
    created_after: Annotated[
        Text,
        Query(
            json_schema_extra=_DATE_OR_TIME,
            description="Only tasks created at this time or later: an RFC 3339 time with its offset from UTC, or a date, which "
            "stands for 00:00 UTC of that day",
        ),
    ] = None,
    created_before: Annotated[
        Text,
        Query(
            json_schema_extra=_DATE_OR_TIME,
            description="Only tasks created before this time, in the same forms. `created_after=2026-03-01` with "
            "`created_before=2026-04-01` is all of March 2026, in UTC",
        ),
    ] = None,
) -> Mapping[str, str | None]:
    return {
        "kind": kind,
        "status": status,
        "verdict": verdict,
        "filename": filename,
        "filename__contains": filename__contains,
        "md5": md5,
        "batch": batch,
        "created_after": created_after,
        "created_before": created_before,
    }


Filters = Annotated[Mapping[str, str | None], Depends(_filters)]
