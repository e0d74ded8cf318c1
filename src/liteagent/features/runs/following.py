"""Following a run: its journal and its live text as one sequence of frames, from any point of it.

A frame's id is `<seq>` of the newest event shown, or `<seq>.<offset>` with how many code points were shown
of the texts in progress. Handing the last id seen back in continues without a gap or a repeat, whether the
answer is still being written, was finished meanwhile, or had to be begun again by another worker
(`message.restarted`). Only where several texts were in progress at that place they are shown again, after a
`message.restarted` that names their requests.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.runs import Event, Journal, RunStatus, status_after
from liteagent.contracts.streams import LiveStreams, LiveText
from liteagent.infra.http.frames import Frame

__all__ = ["Cursor", "follow"]

_POLL_SECONDS = 1.0
"""How long another process's event may go unnoticed; within a process readers are woken."""

_ENDS_OF_TEXT = ("model.completed", "model.failed", "guard.completed")
"""Results that hold the whole text, or as much of it as there will ever be."""


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


async def follow(
    journal: Journal, streams: LiveStreams, run_id: str, cursor: Cursor
) -> AsyncGenerator[Frame]:
    """The frames after `cursor`, until the run ends or waits."""
    reading, is_known = _Reading(cursor), True
    with streams.watch(run_id):
        while True:
            version = streams.version(run_id)
            events = streams.committed(run_id, reading.seen) if is_known else None
            for event in await journal.read(run_id, after=reading.seen) if events is None else events:
                for frame in reading.event(event):
                    yield frame
            if not reading.status.runnable:
                return
            for frame in reading.live(streams.live(run_id)):
                yield frame
            is_known = await streams.changed(run_id, version, _POLL_SECONDS)


@dataclass(slots=True)
class _Text:
    """The answer in progress to one request. `shown`: how many code points of it the reader has."""

    node: Any
    attempt: int = 1
    shown: int = 0


class _Reading:
    """What one reader has seen, and what it has been shown of the answers in progress."""

    def __init__(self, cursor: Cursor) -> None:
        self.seen = 0
        self.status = RunStatus.PENDING
        self._cursor = cursor
        self._texts: dict[int, _Text] = {}

    def event(self, event: Event) -> list[Frame]:
        frames = self._rest_of_text(event) if event.seq > self._cursor.seq else []
        restarted = self._take_in(event)
        if event.seq > self._cursor.seq:
            frames.append(Frame(self._place(), event.type, _data(event)))
            frames += self._restart(restarted)
        elif event.seq == self._cursor.seq:
            frames += self._go_on()
        return frames

    def live(self, texts: Mapping[int, LiveText]) -> list[Frame]:
        frames: list[Frame] = []
        for request, live in texts.items():
            text = self._texts.get(request)
            if text is not None and text.attempt == live.attempt:
                frames += self._delta(request, text, live.text)
        return frames

    def _take_in(self, event: Event) -> list[int]:
        """Note an event, and which texts begin or end with it; the requests whose text begins anew."""
        self.seen = event.seq
        self.status = status_after(self.status, event.type)
        if event.ref is not None:
            self._texts.pop(event.ref, None)
        elif "safety" in event.payload and "agent" not in event.payload:
            self._texts[event.seq] = _Text(event.payload.get("node"))
        elif event.type == "run.claimed":
            return self._begin_anew()
        return []

    def _begin_anew(self) -> list[int]:
        shown = [request for request, text in self._texts.items() if text.shown]
        for text in self._texts.values():
            text.attempt, text.shown = text.attempt + 1, 0
        return shown

    def _go_on(self) -> list[Frame]:
        """From where the reader left off. How much it was shown of each of several texts its place does not
        tell: then they are shown again from their beginning.
        """
        if len(self._texts) == 1:
            (text,) = self._texts.values()
            text.shown = self._cursor.offset
        elif self._cursor.offset:
            return self._restart(list(self._texts))
        return []

    def _rest_of_text(self, event: Event) -> list[Frame]:
        """What is left to show of a text before the event that ends it."""
        ended = event.ref if event.type in _ENDS_OF_TEXT else None
        if event.type == "run.cancelled" and len(self._texts) == 1:
            (ended,) = self._texts
        text = None if ended is None else self._texts.get(ended)
        return [] if ended is None or text is None else self._delta(ended, text, _text(event))

    def _delta(self, request: int, text: _Text, so_far: str) -> list[Frame]:
        if len(so_far) <= text.shown:
            return []
        piece, text.shown = so_far[text.shown :], len(so_far)
        data: dict[str, Any] = {"text": piece, "attempt": text.attempt, "request": request}
        if text.node is not None:
            data["node"] = text.node
        return [Frame(f"{self.seen}.{self._offset}", "message.delta", data)]

    def _restart(self, requests: Sequence[int]) -> list[Frame]:
        if not requests:
            return []
        attempt = max(self._texts[request].attempt for request in requests)
        data = {"attempt": attempt, "requests": list(requests)}
        return [Frame(f"{self.seen}.0", "message.restarted", data)]

    @property
    def _offset(self) -> int:
        return sum(text.shown for text in self._texts.values())

    def _place(self) -> str:
        return f"{self.seen}.{self._offset}" if self._offset else str(self.seen)


def _data(event: Event) -> dict[str, Any]:
    return {"run_id": event.run_id, "seq": event.seq, "at": event.at, "ref": event.ref, **event.payload}


def _text(event: Event) -> str:
    """What an event says of the text that it ends; a held one is told by the guard that lets it through."""
    if event.payload.get("held"):
        return ""
    message = event.payload.get("message")
    text = message.get("content") if isinstance(message, Mapping) else event.payload.get("partial")
    return text if isinstance(text, str) else ""
