"""Messages that leave with a commit: written with the change that they speak of, delivered afterwards."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Rider

__all__ = ["Handler", "Outbox", "OutboxMessage"]


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message on its way.

    Attributes:
        id: Messages that were posted later have a larger one.
        topic: Which handler takes it.
        attempts: How often its delivery has been begun before.
    """

    id: int
    topic: str
    payload: JsonObject
    attempts: int


Handler: TypeAlias = Callable[[OutboxMessage], Awaitable[None]]
"""Takes a message; it may be handed the same one again. What it raises has the message delivered later."""


class Outbox(Protocol):
    """Carries messages from a commit to their handlers, each at least once."""

    def posted(self, topic: str, payload: JsonObject) -> Rider:
        """A rider that posts a message: it exists if what it rides on was committed, and only then.

        Raises:
            InvalidInputError: `payload` holds what JSON can't.
        """
        ...

    async def deliver(self, handlers: Mapping[str, Handler], limit: int = 100) -> int:
        """Hand what is due to the handlers of its topic, one after the other in the order of posting.

        A message whose handler returns is gone. One whose handler raises stays, and is due again later, each
        time after a longer pause. Topics without a handler stay as they are. Two callers never have the same
        message at the same time, in whatever processes they are, unless one of them holds it for minutes.

        Returns:
            How many were delivered.
        """
        ...
