"""A fetch that answers what a test wrote down for it."""

import copy
from collections.abc import Callable, Sequence
from typing import TypeAlias

from anyio.lowlevel import checkpoint

from liteagent.contracts.fetch import FetchRequest, FetchResponse

__all__ = ["FetchReply", "ScriptedFetch"]

_FixedReply: TypeAlias = FetchResponse | Exception
FetchReply: TypeAlias = _FixedReply | Callable[[FetchRequest], _FixedReply]


class ScriptedFetch:
    """A `Fetch` that gives written replies in order, without a network.

    Args:
        replies: Each is a response, an exception to raise (a copy of it), or a callable that takes the
            request and returns one of these.

    Example:
        >>> import anyio
        >>> fetch = ScriptedFetch([FetchResponse(200, {}, b"Hello!", "https://example.com/")])
        >>> anyio.run(fetch, FetchRequest("GET", "https://example.com/")).text()
        'Hello!'
    """

    def __init__(self, replies: Sequence[FetchReply]) -> None:
        self._replies = tuple(replies)
        self.requests: list[FetchRequest] = []
        """Every request, in the order of arrival."""

    async def __call__(self, request: FetchRequest) -> FetchResponse:
        """The next reply.

        Raises:
            AssertionError: There is none left.
            Exception: The reply is one.
        """
        await checkpoint()
        number = len(self.requests)
        self.requests.append(request)
        if number >= len(self._replies):
            raise AssertionError(
                f"ScriptedFetch has {number} replies and is asked for more: {request.method} {request.url}."
            )
        reply = self._replies[number]
        found = reply(request) if callable(reply) else reply
        if isinstance(found, Exception):
            raise copy.copy(found)
        return found

    async def aclose(self) -> None:
        """Nothing to release."""
