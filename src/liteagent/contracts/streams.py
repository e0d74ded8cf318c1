"""The socket that carries live text from the worker that hears a model to the readers who watch.

It carries registers, not a queue: the text so far of each effect in flight that speaks. A slow reader reads
them less often and loses nothing; what is complete is in the journal.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from liteagent.contracts.runs import Event

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

    def notify(self, run_id: str, events: Sequence[Event] = ()) -> None:
        """Something was committed to the run's journal: `events`, in order, where they are at hand."""
        ...

    def watch(self, run_id: str) -> AbstractContextManager[None]:
        """While it is open, what is committed to the run here is kept for its reader."""
        ...

    def committed(self, run_id: str, after: int) -> Sequence[Event] | None:
        """The run's events after event `after`, none among them where there are none yet.

        None: this process does not know them, and the journal has to be asked. What other processes commit it
        never learns, so the journal is to be asked from time to time in any case.
        """
        ...

    def live(self, run_id: str) -> Mapping[int, LiveText]:
        """The unfinished texts in reach of this process, by the seq of their request."""
        ...

    def version(self, run_id: str) -> int:
        """A number that grows with every `publish` and `notify` of the run."""
        ...

    async def changed(self, run_id: str, version: int, timeout: float) -> bool:
        """Return when the run's version is above `version`, or after `timeout` seconds; whether it is."""
        ...

    def drop(self, run_id: str, request: int) -> None:
        """Forget the text that answers `request`: its result is in the journal."""
        ...

    def close(self, run_id: str) -> None:
        """Forget the run's texts; readers are woken."""
        ...
