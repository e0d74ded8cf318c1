"""What a route asks for besides its body: who asks, a service, a page, an idempotency token, a stream.

```python
Service = Annotated[AgentService, Depends(provide(AgentService))]

@router.post("", status_code=201)
async def create_agent(
    service: Service, principal: CurrentPrincipal, token: Idempotency, body: AgentBody
) -> AgentView:
    return await service.create(principal, body, token)
```
"""

import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeAlias, TypeVar, cast

from fastapi import Depends, Header, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.identity import Principal
from liteagent.infra.db.idempotency import IdempotencyToken
from liteagent.infra.http.body import StrictRequest
from liteagent.infra.http.frames import Frame

__all__ = [
    "ByteStreamMaker",
    "ByteStreamer",
    "CurrentPrincipal",
    "Idempotency",
    "PageParams",
    "Paging",
    "ResourceId",
    "StreamMaker",
    "Streamer",
    "provide",
]

T = TypeVar("T")

_KEY = re.compile(r"[\x21-\x7e]{1,200}")

ResourceId = Annotated[
    str, Path(description="A UUID. An unknown one, or text that is none, is answered with 404.")
]
"""An id in a path."""

StreamMaker: TypeAlias = Callable[[AsyncIterator[Frame]], Awaitable[Response]]
"""Makes a streaming response of frames. An error before the first frame is raised, not streamed."""

ByteStreamMaker: TypeAlias = Callable[
    [AsyncIterator[bytes], Callable[[Exception], bytes]], Awaitable[Response]
]
"""Makes a streaming response of ready events, and of what is to be sent for a failure among them."""


@dataclass(frozen=True, slots=True)
class PageParams:
    """Which page of a list: at most `limit` items after `cursor`."""

    limit: int = 50
    cursor: str | None = None


def provide(cls: type[T]) -> Callable[[Request], Awaitable[T]]:
    """A dependency that gives the service of class `cls` which the application was made with."""

    async def find(request: Request) -> T:  # FastAPI would hand what is not async to a thread
        return cast("T", request.app.state.services[cls])

    return find


async def _principal(request: Request) -> Principal:
    return cast("Principal", request.state.principal)


async def _paging(
    limit: Annotated[int, Query(ge=1, le=200, description="How many items at most.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next_cursor` of the page before.")
    ] = None,
) -> PageParams:
    return PageParams(limit, cursor)


async def _streamer(request: Request) -> StreamMaker:
    return cast("StreamMaker", request.app.state.streamer)


async def _byte_streamer(request: Request) -> ByteStreamMaker:
    return cast("ByteStreamMaker", request.app.state.byte_streamer)


async def _idempotency(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="A request repeated with the same key and body within 24 hours does nothing twice.",
        ),
    ] = None,
) -> IdempotencyToken | None:
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise InvalidInputError(
            "Idempotency-Key is 1 to 200 visible ASCII characters.", code="invalid_header"
        )
    body_hash = await request.body_hash() if isinstance(request, StrictRequest) else ""
    scope = hashlib.sha256(f"{request.method} {request.url.path}".encode()).hexdigest()
    return IdempotencyToken(key, scope, body_hash)


CurrentPrincipal = Annotated[Principal, Depends(_principal)]
"""Who asks; there always is one on an `ApiRoute`."""

Paging = Annotated[PageParams, Depends(_paging)]
"""`?limit=&cursor=`."""

Idempotency = Annotated[IdempotencyToken | None, Depends(_idempotency)]
"""The `Idempotency-Key` of a request that creates or starts something; hand it to `claim`."""

Streamer = Annotated[StreamMaker, Depends(_streamer)]
"""Makes the response that streams frames: `return await stream(frames)`."""

ByteStreamer = Annotated[ByteStreamMaker, Depends(_byte_streamer)]
"""Makes the response that streams events which are bytes already."""
