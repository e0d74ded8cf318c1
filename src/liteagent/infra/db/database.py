"""The socket of the database: units of work, read or write, one transaction each."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from liteagent.infra.db.changes import Changes

__all__ = ["Database"]

T = TypeVar("T")


class Database(Protocol):
    """Runs units of work.

    A unit of work is a plain function of a `Session`: it runs to its end in one transaction, off the event
    loop, and may be run again if the database asks for it, so it does nothing but database work.
    """

    @property
    def name(self) -> str:
        """Where it is, for messages; no secrets."""
        ...

    @property
    def changes(self) -> Changes:
        """What was changed through it of what users configure."""
        ...

    async def read(self, work: Callable[[Session], T]) -> T:
        """The result of `work`, which must not write."""
        ...

    async def write(self, work: Callable[[Session], T]) -> T:
        """The result of `work`, once it is durable. If `work` raises, nothing of it is kept."""
        ...

    async def close(self) -> None:
        """Finish what is queued and release the files or connections."""
        ...
