"""Requests that another site's page can make a browser send: methods and content types without a preflight (CORS-safelisted, in
the Fetch standard), and the headers with which a browser, or a rebound name, says where they come from.

`HERE` stands for the host and port of the service, `PORT` for the port alone.
"""

from typing import NamedTuple

ORIGINS = (
    "https://other.example",
    "http://other.example:PORT",
    "null",
    "",
    "nonsense",
    "http://",
    "http://[",
    "http://127.0.0.1",
    "https://127.0.0.1",
    "http://127.0.0.1:1",
    "http://localhost:PORT",  # the same machine by another name
    "http://127.0.0.2:PORT",
    "http://127.1:PORT",
    "http://2130706433:PORT",
    "http://0.0.0.0:PORT",
    "http://[::1]:PORT",
    "http://127.0.0.1.:PORT",
    "http://127.0.0.1.other.example:PORT",
    "http://HERE.other.example",
    "http://HERE@other.example",
    "http://other.example@HERE",
    "http://other.example#HERE",
    "http://other.example/HERE",
    "http://HERE/",
    "http://HERE http://other.example",
    "http://other.example, http://HERE",
    "http:HERE",
    "file://",
)
FROM_ELSEWHERE = (
    *([f"Origin: {origin}"] for origin in ORIGINS),
    *([f"Origin: {origin}", "Referer: http://HERE/"] for origin in ("null", "https://other.example")),
    ["Sec-Fetch-Site: cross-site"],
    ["Sec-Fetch-Site: same-site"],
    ["Sec-Fetch-Site: Same-Origin"],
    ["Sec-Fetch-Site: same-origin, cross-site"],
    ["Sec-Fetch-Site: cross-site", "Origin: http://HERE"],  # another scheme counts as cross-site
    ["Sec-Fetch-Site: same-site", "Origin: https://HERE"],
    ["Sec-Fetch-Site: cross-site", "Origin: null", "Referer: http://HERE/"],
    ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-origin"],
    ["Origin: http://HERE", "Origin: https://other.example"],
    ["Origin: https://other.example", "X-Forwarded-Host: other.example", "Forwarded: host=other.example"],
)
REBOUND = tuple(  # the other site's own name resolves to this machine
    [f"Host: {host}", f"Origin: http://{host}", "Sec-Fetch-Site: same-origin"]
    for host in (
        "other.example:PORT",
        "localhost.other.example",
        "127.0.0.1.other.example:PORT",
        "HERE.other.example",
        "user@HERE",
        "10.0.0.1:PORT",
    )
)
PLAIN, ENCODED, PARTS, NONE = "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", ""


class Deed(NamedTuple):
    """A request that would change a row, or the session."""

    method: str
    target: str
    body: str = ""


FORM = '--b\r\nContent-Disposition: form-data; name="file"; filename="forged"\r\n\r\nx\r\n--b--'
DEEDS = (  # each with the content type of its body
    *((Deed("POST", "/v1/tasks?filename=forged", "x"), kind) for kind in (PLAIN, ENCODED, NONE)),
    (Deed("POST", "/v1/tasks", FORM), PARTS),
    *((Deed("POST", "/v1/tasks/CANCELLED/retry"), kind) for kind in (PLAIN, NONE)),
    *((Deed("POST", "/v1/session", '{"key": "KEY"}'), kind) for kind in (PLAIN, ENCODED)),
    (Deed("DELETE", "/v1/tasks/QUEUED"), NONE),
    (Deed("DELETE", "/v1/tasks/DONE/results"), NONE),
    (Deed("DELETE", "/v1/session"), NONE),
    (Deed("PUT", "/v1/tasks/QUEUED"), NONE),
    (Deed("PATCH", "/v1/tasks/QUEUED"), NONE),
)
READ = (
    "/v1/tasks",
    "/v1/tasks/DONE",
    "/v1/tasks/DONE/file",
    "/v1/tasks/DONE/events",
    "/v1/contacts",
    "/v1/stats",
    "/v1/manifest.md5",
    "/v1/session",
    "/metrics",
    "/openapi.json",
)
READERS = (
    ["Origin: https://other.example"],
    ["Origin: null", "Sec-Fetch-Site: cross-site"],
    ["Origin: https://other.example", "Access-Control-Request-Method: DELETE", "Access-Control-Request-Headers: x"],
    ["Origin: http://localhost:1", "Sec-Fetch-Site: same-site", "Access-Control-Request-Private-Network: true"],
)
