"""One thread that writes for the whole process, and commits in groups.

While one commit is on its way to the disk the next units of work queue up, and go into the next commit
together; when idle nothing waits. What a commit is, the database says.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeAlias

import anyio.to_thread

__all__ = ["Batch", "GroupedWriter", "Unit", "parted", "run_batch"]

_LARGEST_GROUP = 512


Batch: TypeAlias = Callable[[Any, Sequence[Any]], Sequence[Any]]
"""Runs many items of one kind at once with the driver's connection. It returns an outcome for each, which is
an exception for one that is refused; where it raises instead, it is called again with one item at a time."""


@dataclass(slots=True, eq=False)
class Unit:
    """A unit of work on its way through the writer, and whoever awaits it.

    Attributes:
        work: A function of a session, called in the writer's thread, perhaps more than once.
        batch: What runs it instead of `work`, together with its like.
        item: What `batch` is handed for it.
    """

    work: Callable[[Any], Any] | None
    batch: Batch | None
    item: Any
    done: "asyncio.Future[Any]"
    result: Any = None
    error: BaseException | None = None

    def run(self, argument: object) -> None:
        """Keep what the work returns or raises."""
        self.result, self.error = None, None
        try:
            if self.work is not None:
                self.result = self.work(argument)
            elif self.batch is not None:
                self.keep(self.batch(argument, (self.item,))[0])
        except Exception as error:  # noqa: BLE001  it is handed to whoever awaits this unit
            self.error = error

    def keep(self, outcome: object) -> None:
        """Keep what a batch said of this unit."""
        if isinstance(outcome, Exception):
            self.error = outcome
        else:
            self.result = outcome

    def settle(self) -> None:
        """Tell whoever awaits, in their loop; they may have stopped waiting."""
        if self.done.done():
            return
        if self.error is None:
            self.done.set_result(self.result)
        else:
            self.done.set_exception(self.error)


def parted(group: Iterable[Unit]) -> tuple[dict[Batch, list[Unit]], list[Unit]]:
    """The units of a group by their batch, and those that have none."""
    batches: dict[Batch, list[Unit]] = {}
    single: list[Unit] = []
    for unit in group:
        (single if unit.batch is None else batches.setdefault(unit.batch, [])).append(unit)
    return batches, single


def run_batch(batch: Batch, units: Sequence[Unit], driver: object) -> None:
    """Run units of one kind together; what the batch raises, this raises."""
    for unit, outcome in zip(units, batch(driver, [unit.item for unit in units]), strict=True):
        unit.result, unit.error = None, None
        unit.keep(outcome)


class GroupedWriter:
    """Hands groups of units to `commit`, one after the other, in a thread of its own.

    Args:
        commit: Runs a group and makes it durable. It leaves with each unit its result or error, and raises
            where the group as a whole is lost.
        close: Called in the thread at its end.
    """

    def __init__(self, commit: Callable[[Sequence[Unit]], None], close: Callable[[], None]) -> None:
        self._commit = commit
        self._release = close
        self._queue: SimpleQueue[Unit | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._write_forever, name="liteagent-writer", daemon=True)
        self._thread.start()

    async def submit(
        self, work: Callable[[Any], Any] | None = None, batch: Batch | None = None, item: object = None
    ) -> Any:
        """The result of `work`, or what `batch` says of `item`, once the commit that carries it is durable.

        Raises:
            RuntimeError: The writer is closed.
        """
        if self._closed:
            raise RuntimeError("the database is closed")
        done = asyncio.get_running_loop().create_future()
        self._queue.put(Unit(work, batch, item, done))
        return await done

    async def close(self) -> None:
        """Commit what is queued and end the thread."""
        self._closed = True
        self._queue.put(None)
        await anyio.to_thread.run_sync(self._thread.join)

    def _write_forever(self) -> None:
        for group in self._groups():
            wanted = [unit for unit in group if not unit.done.cancelled()]
            if wanted:
                self._write(wanted)
        self._release()

    def _write(self, group: list[Unit]) -> None:
        try:
            self._commit(group)
        except Exception as error:  # noqa: BLE001  the disk is full or gone: every unit of the group learns it
            for unit in group:
                unit.error = error
        _settle(group)

    def _groups(self) -> Iterator[list[Unit]]:
        while (unit := self._queue.get()) is not None:
            group = [unit]
            for _ in range(min(self._queue.qsize(), _LARGEST_GROUP - 1)):  # nobody else takes from it
                following = self._queue.get()
                if following is None:
                    yield group
                    return
                group.append(following)
            yield group


def _settle(group: list[Unit]) -> None:
    """Wake each loop once, however many of its callers are in the group."""
    for loop in {unit.done.get_loop() for unit in group}:
        try:
            loop.call_soon_threadsafe(_settle_those_of, loop, group)
        except RuntimeError:
            continue  # that loop has been closed; nobody in it waits any more


def _settle_those_of(loop: asyncio.AbstractEventLoop, group: list[Unit]) -> None:
    for unit in group:
        if unit.done.get_loop() is loop:
            unit.settle()
