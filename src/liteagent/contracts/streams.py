"""The socket that carries live text from the worker that hears a model to the readers who watch.

It carries a register, not a queue: the text so far of the attempt in progress. A slow reader reads it
less often and loses nothing; what is complete is in the journal.
"""

from dataclasses import dataclass
from typing import Protocol

__all__ = ["LiveStreams", "LiveText"]


@dataclass(frozen=True, slots=True)
class LiveText:
    """The unfinished answer of a run.

    Attributes:
        base: Seq of the journal event that began this attempt (the request, or the claim that repeats it).
        attempt: 1 for the first attempt, counted per request.
        text: Everything heard in this attempt so far.
    """

    base: int
    attempt: int
    text: str


class LiveStreams(Protocol):
    """Live text by run, and a wake-up for whoever follows one."""

    def publish(self, run_id: str, base: int, attempt: int, text: str) -> None:
        """Add `text` to the attempt that began at `base`; a new base drops the old text."""
        ...

    def notify(self, run_id: str) -> None:
        """Something was committed to the run's journal."""
        ...

    def live(self, run_id: str) -> LiveText | None:
        """The unfinished text, if an attempt is in progress in reach of this process."""
        ...

    def version(self, run_id: str) -> int:
        """A number that grows with every `publish` and `notify` of the run."""
        ...

    async def changed(self, run_id: str, version: int, timeout: float) -> None:
        """Return when the run's version is above `version`, or after `timeout` seconds."""
        ...

    def close(self, run_id: str) -> None:
        """Forget the run's text; readers are woken."""
        ...
