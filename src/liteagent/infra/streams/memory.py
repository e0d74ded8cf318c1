"""Live text within one process."""

import asyncio
from dataclasses import dataclass, field

from liteagent.contracts.streams import LiveText

__all__ = ["MemoryStreams"]


@dataclass(slots=True)
class _Channel:
    version: int = 0
    live: LiveText | None = None
    waiting: set["asyncio.Future[None]"] = field(default_factory=set["asyncio.Future[None]"])

    def wake(self) -> None:
        self.version += 1
        for future in self.waiting:
            if not future.done():
                future.set_result(None)


class MemoryStreams:
    """A `LiveStreams` whose readers and writers share an event loop."""

    def __init__(self) -> None:
        self._channels: dict[str, _Channel] = {}

    def publish(self, run_id: str, base: int, attempt: int, text: str) -> None:
        """Add `text` to the attempt that began at `base`."""
        channel = self._channel(run_id)
        before = channel.live.text if channel.live and channel.live.base == base else ""
        channel.live = LiveText(base, attempt, before + text)
        channel.wake()

    def notify(self, run_id: str) -> None:
        """Wake the run's readers."""
        if run_id in self._channels:
            self._channels[run_id].wake()

    def live(self, run_id: str) -> LiveText | None:
        """The unfinished text."""
        channel = self._channels.get(run_id)
        return channel.live if channel else None

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

    def close(self, run_id: str) -> None:
        """Forget the run's text and wake its readers."""
        if channel := self._channels.get(run_id):
            channel.live = None
            channel.wake()
            self._drop_if_idle(run_id)

    def _channel(self, run_id: str) -> _Channel:
        return self._channels.setdefault(run_id, _Channel())

    def _drop_if_idle(self, run_id: str) -> None:
        channel = self._channels.get(run_id)
        if channel and channel.live is None and not channel.waiting:
            del self._channels[run_id]
