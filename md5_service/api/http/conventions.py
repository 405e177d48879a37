"""Conventions of all paths: HEAD wherever there is GET, lists in pages, and an error for an unknown query parameter, because a
misspelt filter would otherwise return everything."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from md5_task_data.errors import InvalidInput

LARGEST_PAGE = 1000  # items of a list

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="The largest number of items in a page")]


def add_head_routes(router: APIRouter) -> None:
    """Add HEAD to all GET routes that `router` has so far."""
    for route in list(router.routes):
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            how: dict[str, Any] = {"response_model": route.response_model, "response_class": route.response_class}
            path = route.path.removeprefix(router.prefix)
            router.add_api_route(path, route.endpoint, methods=["HEAD"], include_in_schema=False, **how)


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Add a `Link` header to the next page of a list, if there is one (RFC 8288)."""
    if cursor is not None:
        url = request.url.include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'


async def reject_unknown_parameters(request: Request) -> None:
    """A dependency. Raises InvalidInput, except for POST, whose query `intake` checks itself."""
    if request.method == "POST":
        return
    known = sorted(_names(request.scope["route"].dependant))
    for name in request.query_params:
        if name not in known:
            allowed = f"This path takes {', '.join(known)}." if known else "This path takes no parameters."
            raise InvalidInput(f"Unknown parameter {name[:100]!r}. {allowed}")


def _names(dependant: Dependant) -> set[str]:
    return {field.alias for field in dependant.query_params}.union(*map(_names, dependant.dependencies))
