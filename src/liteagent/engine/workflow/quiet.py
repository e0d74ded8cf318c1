"""Live streams that nobody listens to."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType

from liteagent.contracts.runs import Event
from liteagent.contracts.streams import LiveText

__all__ = ["QuietStreams"]

_NOTHING: Mapping[int, LiveText] = MappingProxyType({})


class QuietStreams:
    """A `LiveStreams` for library runs."""

    def publish(self, run_id: str, request: int, attempt: int, text: str) -> None:
        """Nobody hears it."""

    def notify(self, run_id: str, events: Sequence[Event] = ()) -> None:
        """Nobody is told."""

    def watch(self, run_id: str) -> AbstractContextManager[None]:
        """Nothing is kept."""
        del run_id
        return nullcontext()

    def committed(self, run_id: str, after: int) -> None:
        """Nothing is known."""
        del run_id, after

    def live(self, run_id: str) -> Mapping[int, LiveText]:
        """Nothing."""
        del run_id
        return _NOTHING

    def version(self, run_id: str) -> int:
        """Always 0."""
        del run_id
        return 0

    async def changed(self, run_id: str, version: int, timeout: float) -> bool:
        """At once."""
        del run_id, version, timeout
        return False

    def drop(self, run_id: str, request: int) -> None:
        """Nothing is kept."""

    def close(self, run_id: str) -> None:
        """Nothing is kept."""
