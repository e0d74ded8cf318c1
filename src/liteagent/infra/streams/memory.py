"""Live text within one process."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType

from liteagent.contracts.streams import LiveText

__all__ = ["MemoryStreams"]


_SILENCE: Mapping[int, LiveText] = MappingProxyType({})

_IDLE_KEPT = 1000
"""Channels that readers of ended runs left behind, before they are cleared away."""


@dataclass(slots=True)
class _Channel:
    version: int
    live: dict[int, LiveText] = field(default_factory=dict[int, LiveText])
    waiting: set["asyncio.Future[None]"] = field(default_factory=set["asyncio.Future[None]"])

    @property
    def idle(self) -> bool:
        return not self.live and not self.waiting

    def wake(self, version: int) -> None:
        self.version = version
        for future in self.waiting:
            if not future.done():
                future.set_result(None)


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

    def notify(self, run_id: str) -> None:
        """Wake the run's readers."""
        if channel := self._channels.get(run_id):
            channel.wake(next(self._versions))

    def live(self, run_id: str) -> Mapping[int, LiveText]:
        """The unfinished texts, by request."""
        channel = self._channels.get(run_id)
        return MappingProxyType(channel.live) if channel else _SILENCE

    def version(self, run_id: str) -> int:
        """Grows with every change."""
        return self._channel(run_id).version

    async def changed(self, run_id: str, version: int, timeout: float) -> None:
        """Return at the next change, or after `timeout` seconds."""
        channel = self._channel(run_id)
        if channel.version != version:
            return
        future = asyncio.get_running_loop().create_future()
        channel.waiting.add(future)
        try:
            await asyncio.wait_for(future, timeout)
        except TimeoutError:
            pass
        finally:
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
