"""Requests of one owner for another owner's objects. `ID` stands for a task's id, the other placeholders for filters of lists."""

from typing import NamedTuple


class Try(NamedTuple):
    method: str
    target: str
    header: str = "Accept: */*"


OF_A_TASK = (
    Try("GET", "/v1/tasks/ID"),
    Try("HEAD", "/v1/tasks/ID"),
    Try("GET", "/v1/tasks/ID", "Prefer: wait=1"),
    Try("GET", "/v1/tasks/ID", "If-None-Match: *"),
    Try("PUT", "/v1/tasks/ID"),
    Try("PATCH", "/v1/tasks/ID"),
    Try("POST", "/v1/tasks/ID"),
    Try("OPTIONS", "/v1/tasks/ID"),
    Try("DELETE", "/v1/tasks/ID"),
    Try("DELETE", "/v1/tasks/ID/results"),
    Try("POST", "/v1/tasks/ID/retry"),
    Try("POST", "/v1/tasks/ID/retry", "Idempotency-Key: anns"),
    Try("GET", "/v1/tasks/ID/file"),
    Try("HEAD", "/v1/tasks/ID/file"),
    Try("GET", "/v1/tasks/ID/file", "Range: bytes=0-1"),
    Try("GET", "/v1/tasks/ID/file", "Range: bytes=900-"),
    Try("GET", "/v1/tasks/ID/file", 'If-None-Match: "ID"'),
    Try("GET", "/v1/tasks/ID/rejects.csv"),
    Try("HEAD", "/v1/tasks/ID/rejects.csv"),
    Try("GET", "/v1/tasks/ID/phones"),
    Try("HEAD", "/v1/tasks/ID/phones"),
    Try("GET", "/v1/tasks/ID/phones?context=9&cursor=LTE"),
    Try("GET", "/v1/tasks/ID/phones/regions"),
    Try("GET", "/v1/tasks/ID/phones.csv"),
    Try("GET", "/v1/tasks/ID/events"),
    Try("GET", "/v1/tasks/ID/events", "Last-Event-ID: 1"),
    Try("GET", "/v1/tasks/events?id=ID"),
    Try("GET", "/v1/tasks/events?id=ID&id=ID"),
    Try("GET", "/v1/contacts?task=ID"),
    Try("GET", "/v1/contacts/ID-2"),
    Try("HEAD", "/v1/contacts/ID-2"),
    Try("GET", "/v1/tasks?cursor=CURSOR"),
    Try("GET", "/v1/tasks?limit=1&cursor=CURSOR"),
    Try("GET", "/tasks/ID"),
)
OF_A_LIST = (
    Try("GET", "/v1/tasks?filename=NAME"),
    Try("GET", "/v1/tasks?filename__contains=NAME"),
    Try("GET", "/v1/tasks?md5=DIGEST"),
    Try("GET", "/v1/tasks?batch=BATCH"),
    Try("GET", "/v1/tasks?batch=BATCH&status=done&kind=md5"),
    Try("HEAD", "/v1/tasks?batch=BATCH"),
    Try("GET", "/v1/manifest.md5?batch=BATCH"),
    Try("HEAD", "/v1/manifest.md5?batch=BATCH"),
    Try("GET", "/v1/contacts?email=ADDRESS"),
    Try("GET", "/v1/contacts?cursor=PLACE"),
)
OF_ALL = (
    Try("GET", "/v1/tasks"),
    Try("GET", "/v1/tasks?status=done"),
    Try("GET", "/v1/tasks?status=queued"),
    Try("GET", "/v1/tasks?kind=contacts"),
    Try("GET", "/v1/contacts"),
    Try("GET", "/v1/manifest.md5"),
)
