"""/v1/session: a browser sends its key once, and keeps it in a cookie."""

import asyncio
import json

from fastapi import APIRouter, Depends, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from md5_service.api.access import auth, cookie
from md5_service.api.http import schemas
from md5_service.api.http.conventions import add_head_routes, reject_unknown_parameters
from md5_service.api.state import StateDep
from md5_task_data.errors import Conflict, InvalidInput, Malformed, TooLarge, Unauthorized

router = APIRouter(prefix=auth.SESSION, tags=["session"], dependencies=[Depends(reject_unknown_parameters)])

MOST_BYTES = 4096  # of a body that contains one key
BODY_S = 10.0  # for the body to arrive
NOT_KEPT = {"Cache-Control": "no-store"}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["key"],
                    "properties": {"key": {"type": "string", "format": "password", "description": "`md5_…`"}},
                }
            }
        },
    }
}


@router.get("", summary="Get the session", response_model=schemas.Session, responses=schemas.problems(422, 503))
async def who_is_signed_in(request: Request, response: Response, state: StateDep) -> schemas.Session:
    """Whether this service requires keys, and the owner of the key sent with this request, in the header or the cookie. Works
    without a key."""
    response.headers.update(NOT_KEPT)
    if state.settings.auth != "keys":
        return schemas.Session(auth="none", owner=None)
    try:
        return schemas.Session(auth="keys", owner=await state.keys.owner(auth.key_in(request)))
    except Unauthorized:
        return schemas.Session(auth="keys", owner=None)


# Wrong keys are not throttled: a key has 256 random bits, and every other path would accept as many guesses. A limit per address
# would be shared by all clients behind one proxy, and a global one would let anyone lock everyone out.
@router.post(
    "",
    summary="Sign in",
    response_model=schemas.Session,
    openapi_extra=_BODY,
    responses=schemas.problems(400, 408, 409, 413, 415, 422, 503),
)
async def sign_in(request: Request, response: Response, state: StateDep) -> schemas.Session:
    """Sign in with a key in a browser, where event streams and downloads cannot send `Authorization`.

    The answer sets the cookie `md5_key`, or `__Host-md5_key` over HTTPS, until the browser is closed. The cookie gives the same
    access as the key, but requests that change something must come from the service's own page. An `Authorization` header takes
    precedence over it.
    """
    if state.settings.auth != "keys":
        raise Conflict("This service does not use keys, so there is nothing to sign in to.")
    key = _key_of(await _body(request))
    owner = await state.keys.owner(key)
    cookie.give(response, request, key)
    response.headers.update(NOT_KEPT)
    return schemas.Session(auth="keys", owner=owner)


@router.delete("", summary="Sign out", status_code=204, responses=schemas.problems(422))
async def sign_out(request: Request) -> Response:
    """Make the browser delete the cookie. The key stays valid; `md5-service key revoke` revokes it."""
    response = Response(status_code=204, headers=NOT_KEPT)
    cookie.take_back(response, request)
    return response


async def _body(request: Request) -> bytes:
    """Raises TooLarge, Malformed, HTTPException(408, 415)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, 'The body must be JSON, {"key": "md5_…"}, with `Content-Type: application/json`.')
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.stream():
                body += piece
                if len(body) > MOST_BYTES:
                    raise TooLarge(f"The body is longer than {MOST_BYTES} bytes; it must contain one key only.")
    except TimeoutError:
        raise HTTPException(408, f"The body did not arrive within {BODY_S:g} s. Send the request again.") from None
    except ClientDisconnect:
        raise Malformed("The body ended before it was complete.") from None
    return bytes(body)


def _key_of(body: bytes) -> str:
    """Raises Malformed, InvalidInput."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    key = said.get("key") if isinstance(said, dict) else None
    if not isinstance(key, str):
        raise InvalidInput('The parameter key is missing: the body must be {"key": "md5_…"}.')
    return key.strip()


add_head_routes(router)
