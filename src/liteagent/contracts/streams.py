"""The socket that carries live text from the worker that hears a model to the readers who watch.

It carries registers, not a queue: the text so far of each effect in flight that speaks. A slow reader reads
them less often and loses nothing; what is complete is in the journal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

__all__ = ["LiveStreams", "LiveText"]


@dataclass(frozen=True, slots=True)
class LiveText:
    """The unfinished answer to a request.

    Attributes:
        attempt: 1 for the first attempt, counted per request.
        text: Everything heard in this attempt so far.
    """

    attempt: int
    text: str


class LiveStreams(Protocol):
    """Live text by run, and a wake-up for whoever follows one."""

    def publish(self, run_id: str, request: int, attempt: int, text: str) -> None:
        """Add `text` to what answers the event `request`; a new attempt drops the old text."""
        ...

    def notify(self, run_id: str) -> None:
        """Something was committed to the run's journal."""
        ...

    def live(self, run_id: str) -> Mapping[int, LiveText]:
        """The unfinished texts in reach of this process, by the seq of their request."""
        ...

    def version(self, run_id: str) -> int:
        """A number that grows with every `publish` and `notify` of the run."""
        ...

    async def changed(self, run_id: str, version: int, timeout: float) -> None:
        """Return when the run's version is above `version`, or after `timeout` seconds."""
        ...

    def drop(self, run_id: str, request: int) -> None:
        """Forget the text that answers `request`: its result is in the journal."""
        ...

    def close(self, run_id: str) -> None:
        """Forget the run's texts; readers are woken."""
        ...
