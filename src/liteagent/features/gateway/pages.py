"""Lists of other slices, read to their end."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol, TypeVar

from liteagent.contracts.identity import Principal

__all__ = ["Listing", "every"]

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

_PAGE = 200


class _Page(Protocol[T_co]):
    @property
    def items(self) -> Sequence[T_co]: ...
    @property
    def next_cursor(self) -> str | None: ...


class Listing(Protocol[T_co]):
    """A service's `list`."""

    async def __call__(self, principal: Principal, /, *, limit: int, cursor: str | None) -> _Page[T_co]:
        """A page of what there is."""
        ...


async def every(listing: Listing[T], principal: Principal) -> AsyncIterator[T]:
    """All that a workspace has of something, page by page, in the order of the list."""
    cursor: str | None = None
    while True:
        page = await listing(principal, limit=_PAGE, cursor=cursor)
        for each in page.items:
            yield each
        if (cursor := page.next_cursor) is None:
            return
