"""The writer between loops, threads and commits: who is told what, and when."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from liteagent.infra.db.writer import GroupedWriter, Unit, parted, run_batch


class Commits:
    """A store in memory: commits a group when it is let, and notes the groups."""

    def __init__(self) -> None:
        self.groups: list[list[Any]] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.started = threading.Event()
        self.failure: Exception | None = None
        self.closed = False

    def __call__(self, group: Sequence[Unit]) -> None:
        self.started.set()
        assert self.go_on.wait(20)
        batches, single = parted(group)
        for batch, units in batches.items():
            run_batch(batch, units, None)
        for unit in single:
            unit.run(None)
        self.groups.append([unit.result for unit in group])
        if self.failure is not None:
            raise self.failure

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def commits() -> Commits:
    return Commits()


@pytest.fixture
def writer(commits: Commits) -> Iterator[GroupedWriter]:
    writer = GroupedWriter(commits, commits.close)
    yield writer
    commits.go_on.set()
    anyio.run(writer.close)
    assert commits.closed


def answer(value: int) -> Callable[[object], int]:
    return lambda _: value


def doubled(_driver: object, items: Sequence[int]) -> list[int | Exception]:
    return [2 * item if item >= 0 else ValueError(f"{item} is refused") for item in items]


async def queue_behind(commits: Commits, writer: GroupedWriter, *values: int) -> list["asyncio.Task[Any]"]:
    """Queue a unit that keeps the writer busy, and then these."""
    commits.go_on.clear()
    commits.started.clear()
    tasks = [asyncio.create_task(writer.submit(answer(-1)))]
    while not commits.started.is_set():
        await anyio.lowlevel.checkpoint()
    tasks += [asyncio.create_task(writer.submit(answer(value))) for value in values]
    await anyio.lowlevel.checkpoint()
    return tasks


async def test_what_queues_up_during_a_commit_is_the_next_group(
    commits: Commits, writer: GroupedWriter
) -> None:
    tasks = await queue_behind(commits, writer, *range(50))
    commits.go_on.set()
    assert await asyncio.gather(*tasks) == [-1, *range(50)]
    assert commits.groups == [[-1], list(range(50))]


async def test_a_batch_answers_each_of_its_items(writer: GroupedWriter) -> None:
    results = await asyncio.gather(
        *(writer.submit(batch=doubled, item=item) for item in (1, -2, 3)), return_exceptions=True
    )
    assert results[::2] == [2, 6]
    assert isinstance(results[1], ValueError)


async def test_who_is_cancelled_in_the_queue_is_left_out_and_harms_nobody(
    commits: Commits, writer: GroupedWriter
) -> None:
    first, *rest = await queue_behind(commits, writer, 1, 2, 3)
    rest[1].cancel()
    await anyio.lowlevel.checkpoint()
    commits.go_on.set()
    assert await asyncio.gather(first, rest[0], rest[2]) == [-1, 1, 3]
    assert commits.groups == [[-1], [1, 3]]


async def test_who_is_cancelled_during_the_commit_harms_nobody(
    commits: Commits, writer: GroupedWriter
) -> None:
    """The write is made all the same; only nobody waits for it."""
    (first,) = await queue_behind(commits, writer)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    commits.go_on.set()
    assert await writer.submit(answer(1)) == 1
    assert commits.groups == [[-1], [1]]


async def test_a_group_that_is_lost_is_lost_for_all_of_it(commits: Commits, writer: GroupedWriter) -> None:
    commits.failure = OSError("the disk is gone")
    tasks = await queue_behind(commits, writer, 1, 2)
    commits.go_on.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(each) for each in results] == ["the disk is gone"] * 3
    commits.failure = None
    assert await writer.submit(answer(4)) == 4


def test_callers_in_several_loops_get_their_own_answers(writer: GroupedWriter) -> None:
    results: dict[int, list[int]] = {}

    async def work(number: int) -> None:
        numbers = range(number * 100, number * 100 + 100)
        results[number] = await asyncio.gather(*(writer.submit(answer(each)) for each in numbers))

    def run(number: int) -> None:
        asyncio.run(work(number))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == {n: list(range(n * 100, n * 100 + 100)) for n in range(4)}


def test_a_loop_that_is_closed_meanwhile_harms_nobody(commits: Commits, writer: GroupedWriter) -> None:
    async def leave() -> None:
        await queue_behind(commits, writer)

    asyncio.run(leave())
    commits.go_on.set()

    async def ask() -> int:
        return await writer.submit(answer(5))

    assert asyncio.run(ask()) == 5
