"""Following a run: its journal and its live text as one sequence of frames, from any point of it.

A frame's id is `<seq>` for an event and `<seq>.<offset>` for a piece of live text: the seq of the event that
began the attempt, and how many code points of its text have been shown with it. Handing the last id seen back
in continues without a gap or a repeat, whether the answer is still being written, was finished meanwhile, or
had to be begun again by another worker (`message.restarted`).
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.runs import STATUS_AFTER, Event, Journal, RunStatus
from liteagent.contracts.streams import LiveStreams, LiveText
from liteagent.infra.http.frames import Frame

__all__ = ["Cursor", "follow"]

_POLL_SECONDS = 1.0
"""How long another process's event may go unnoticed; within a process readers are woken."""

_ENDS_OF_TEXT = ("model.completed", "model.failed", "run.cancelled")
"""Events that hold the text heard since the attempt began, or as much of it as there will ever be."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a run's frames: up to event `seq`, and `offset` code points of live text after it."""

    seq: int = 0
    offset: int = 0

    @classmethod
    def parse(cls, text: str | None) -> "Cursor":
        """The cursor of a `Last-Event-ID`.

        Raises:
            InvalidInputError: It is not an id that we gave out.
        """
        if not text:
            return cls()
        seq, _, offset = text.partition(".")
        if len(text) > 40 or not seq.isdecimal() or not (offset or "0").isdecimal():
            raise InvalidInputError(
                "Last-Event-ID is the id of an event of this stream, like `7` or `7.120`."
            )
        return cls(int(seq), int(offset or 0))


async def follow(journal: Journal, streams: LiveStreams, run_id: str, cursor: Cursor) -> AsyncIterator[Frame]:
    """The frames after `cursor`, until the run ends or waits."""
    reading = _Reading(cursor)
    while True:
        version = streams.version(run_id)
        for event in await journal.read(run_id, after=reading.seen):
            for frame in reading.event(event):
                yield frame
        if not reading.status.runnable:
            return
        if (live := streams.live(run_id)) and (frame := reading.live(live)):
            yield frame
        await streams.changed(run_id, version, _POLL_SECONDS)


class _Reading:
    """What one reader has seen, and what it has been shown of the answer in progress."""

    def __init__(self, cursor: Cursor) -> None:
        self.seen = 0
        self.status = RunStatus.PENDING
        self._cursor = cursor
        self._base: int | None = None
        self._attempt = 0
        self._shown = 0

    def event(self, event: Event) -> list[Frame]:
        self.seen = event.seq
        self.status = STATUS_AFTER.get(event.type, self.status)
        frames = self._before(event)
        if event.seq > self._cursor.seq:
            frames.append(Frame(str(event.seq), event.type, _data(event)))
        return frames + self._after(event)

    def live(self, live: LiveText) -> Frame | None:
        return self._delta(live.text) if live.base == self._base else None

    def _before(self, event: Event) -> list[Frame]:
        if event.type not in _ENDS_OF_TEXT or self._base is None:
            return []
        frame = self._delta(_text(event))
        self._base = None
        return [frame] if frame else []

    def _after(self, event: Event) -> list[Frame]:
        if event.type == "model.requested":
            self._begin(event.seq, 1)
        elif event.type == "run.claimed" and self._base is not None:
            had_shown = self._shown > 0
            self._begin(event.seq, self._attempt + 1)
            if had_shown and self._shown == 0 and event.seq >= self._cursor.seq:
                return [Frame(f"{event.seq}.0", "message.restarted", {"attempt": self._attempt})]
        return []

    def _begin(self, base: int, attempt: int) -> None:
        self._base, self._attempt = base, attempt
        self._shown = self._cursor.offset if base == self._cursor.seq else 0

    def _delta(self, text: str) -> Frame | None:
        if self._base is None or self._base < self._cursor.seq or len(text) <= self._shown:
            return None
        piece, self._shown = text[self._shown :], len(text)
        return Frame(
            f"{self._base}.{self._shown}", "message.delta", {"text": piece, "attempt": self._attempt}
        )


def _data(event: Event) -> dict[str, Any]:
    return {"run_id": event.run_id, "seq": event.seq, "at": event.at, "ref": event.ref, **event.payload}


def _text(event: Event) -> str:
    message = event.payload.get("message")
    text = message.get("content") if isinstance(message, Mapping) else event.payload.get("partial")
    return text if isinstance(text, str) else ""
