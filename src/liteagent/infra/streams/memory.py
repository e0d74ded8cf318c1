"""Live text within one process."""

import asyncio
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType

from liteagent.contracts.runs import Event
from liteagent.contracts.streams import LiveText

__all__ = ["MemoryStreams"]


_SILENCE: Mapping[int, LiveText] = MappingProxyType({})

_IDLE_KEPT = 1000
"""Channels that readers of ended runs left behind, before they are cleared away."""

_EVENTS_KEPT = 64
"""Events of a run that are kept for its readers; who is further behind reads the journal."""


@dataclass(slots=True)
class _Channel:
    """`events` are consecutive, the newest last; `open` while a turn at the run goes on here."""

    version: int
    live: dict[int, LiveText] = field(default_factory=dict[int, LiveText])
    waiting: set["asyncio.Future[bool]"] = field(default_factory=set["asyncio.Future[bool]"])
    events: list[Event] = field(default_factory=list[Event])
    watching: int = 0
    open: bool = False

    @property
    def idle(self) -> bool:
        return not (self.live or self.waiting or self.watching or self.open)

    def keep(self, events: Sequence[Event]) -> None:
        if self.events and self.events[-1].seq + 1 != events[0].seq:
            self.events = []
        self.events += events
        if len(self.events) > _EVENTS_KEPT:
            self.events = self.events[-_EVENTS_KEPT:]

    def wake(self, version: int) -> None:
        self.version = version
        for future in self.waiting:
            if not future.done():
                future.set_result(True)


class MemoryStreams:
    """A `LiveStreams` whose readers and writers share an event loop."""

    def __init__(self) -> None:
        self._channels: dict[str, _Channel] = {}
        self._versions = count(1)  # one for all: a channel that is made anew repeats no number
        self._clear_at = _IDLE_KEPT

    def publish(self, run_id: str, request: int, attempt: int, text: str) -> None:
        """Add `text` to what answers `request`."""
        channel = self._channel(run_id)
        before = channel.live.get(request)
        heard = before.text if before and before.attempt == attempt else ""
        channel.live[request] = LiveText(attempt, heard + text)
        channel.wake(next(self._versions))

    def notify(self, run_id: str, events: Sequence[Event] = ()) -> None:
        """Wake the run's readers, and keep what was committed for them, from the run's first event on."""
        channel = self._channels.get(run_id)
        if channel is None and events and events[0].seq == 1:
            channel = self._channel(run_id)
            channel.open = True
        if channel is None:
            return
        if events:
            channel.keep(events)
        channel.wake(next(self._versions))

    @contextmanager
    def watch(self, run_id: str) -> Generator[None]:
        """While it is open, what is committed is kept, also after the turn is over."""
        channel = self._channel(run_id)
        channel.watching += 1
        try:
            yield
        finally:
            channel.watching -= 1
            self._drop_if_idle(run_id)

    def committed(self, run_id: str, after: int) -> Sequence[Event] | None:
        """The events after `after`, as far as they came by here without a gap."""
        channel = self._channels.get(run_id)
        if channel is None or not channel.events:
            return None
        first = channel.events[0].seq
        skipped = after + 1 - first
        return channel.events[skipped:] if 0 <= skipped <= len(channel.events) else None

    def live(self, run_id: str) -> Mapping[int, LiveText]:
        """The unfinished texts, by request."""
        channel = self._channels.get(run_id)
        return MappingProxyType(channel.live) if channel else _SILENCE

    def version(self, run_id: str) -> int:
        """Grows with every change."""
        return self._channel(run_id).version

    async def changed(self, run_id: str, version: int, timeout: float) -> bool:
        """Return at the next change, or after `timeout` seconds."""
        channel = self._channel(run_id)
        if channel.version != version:
            return True
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        channel.waiting.add(future)
        alarm = loop.call_later(timeout, _ring, future)
        try:
            return await future
        finally:
            alarm.cancel()
            channel.waiting.discard(future)
            self._drop_if_idle(run_id)

    def drop(self, run_id: str, request: int) -> None:
        """Forget one text."""
        if channel := self._channels.get(run_id):
            channel.live.pop(request, None)
            self._drop_if_idle(run_id)

    def close(self, run_id: str) -> None:
        """Forget the run's texts and wake its readers."""
        if channel := self._channels.get(run_id):
            channel.live.clear()
            channel.open = False
            channel.wake(next(self._versions))
            self._drop_if_idle(run_id)

    def _channel(self, run_id: str) -> _Channel:
        channel = self._channels.get(run_id)
        if channel is None:
            self._clear()
            channel = self._channels[run_id] = _Channel(next(self._versions))
        return channel

    def _clear(self) -> None:
        """Drop idle channels once there are twice as many as the last time left, which costs little each."""
        if len(self._channels) >= self._clear_at:
            self._channels = {run: each for run, each in self._channels.items() if not each.idle}
            self._clear_at = max(_IDLE_KEPT, 2 * len(self._channels))

    def _drop_if_idle(self, run_id: str) -> None:
        channel = self._channels.get(run_id)
        if channel and channel.idle:
            del self._channels[run_id]


def _ring(future: "asyncio.Future[bool]") -> None:
    if not future.done():
        future.set_result(False)
