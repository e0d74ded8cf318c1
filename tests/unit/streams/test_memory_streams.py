"""Live text and wake-ups within one process."""

import gc
from itertools import pairwise

import anyio
import anyio.lowlevel
import pytest

from liteagent.contracts.streams import LiveText
from liteagent.infra.streams.memory import MemoryStreams

RUN, OTHER = "run-1", "run-2"
LONG = 30.0


async def settle() -> None:
    """Let every task that is ready come to its next wait."""
    for _ in range(5):
        await anyio.lowlevel.checkpoint()


def test_text_gathers_within_an_attempt_and_begins_anew_with_the_next() -> None:
    streams = MemoryStreams()
    streams.publish(RUN, 3, 1, "Hel")
    streams.publish(RUN, 3, 1, "lo")
    assert streams.live(RUN) == {3: LiveText(1, "Hello")}
    streams.publish(RUN, 3, 2, "He")
    assert streams.live(RUN) == {3: LiveText(2, "He")}
    assert streams.live(OTHER) == {}


def test_texts_of_several_requests_gather_side_by_side_until_each_is_dropped() -> None:
    streams = MemoryStreams()
    for request, text in ((3, "a"), (4, "x"), (3, "b"), (4, "y")):
        streams.publish(RUN, request, 1, text)
    assert streams.live(RUN) == {3: LiveText(1, "ab"), 4: LiveText(1, "xy")}
    streams.drop(RUN, 3)
    assert streams.live(RUN) == {4: LiveText(1, "xy")}
    streams.drop(RUN, 4)
    streams.drop(OTHER, 1)
    assert streams.live(RUN) == {}


def test_the_version_grows_with_every_change_of_its_run_only() -> None:
    streams = MemoryStreams()
    versions = [streams.version(RUN)]
    other = streams.version(OTHER)
    for change in (lambda: streams.publish(RUN, 1, 1, "x"), lambda: streams.notify(RUN)):
        change()
        versions.append(streams.version(RUN))
    assert versions == sorted(set(versions))
    assert streams.version(OTHER) == other


async def test_a_change_between_looking_and_waiting_is_not_missed() -> None:
    streams = MemoryStreams()
    version = streams.version(RUN)
    streams.notify(RUN)
    with anyio.fail_after(1):
        await streams.changed(RUN, version, LONG)


async def test_a_run_that_was_closed_and_begun_again_meanwhile_is_not_missed() -> None:
    streams = MemoryStreams()
    streams.publish(RUN, 2, 1, "a")
    version = streams.version(RUN)
    streams.close(RUN)
    streams.publish(RUN, 9, 1, "b")
    with anyio.fail_after(1):
        await streams.changed(RUN, version, LONG)


async def test_every_one_of_many_readers_is_woken() -> None:
    streams = MemoryStreams()
    woken: list[int] = []

    async def read(n: int) -> None:
        await streams.changed(RUN, streams.version(RUN), LONG)
        woken.append(n)

    with anyio.fail_after(2):
        async with anyio.create_task_group() as group:
            for n in range(200):
                group.start_soon(read, n)
            await settle()
            assert woken == []
            streams.notify(OTHER)
            await settle()
            assert woken == [], "another run's news wake nobody"
            streams.notify(RUN)
    assert sorted(woken) == list(range(200))


async def test_waiting_ends_with_its_time() -> None:
    streams = MemoryStreams()
    with anyio.fail_after(1):
        await streams.changed(RUN, streams.version(RUN), 0.01)


async def test_a_slow_reader_reads_less_often_and_loses_nothing() -> None:
    streams = MemoryStreams()
    seen: list[str] = []

    async def read_slowly() -> None:
        while not seen or not seen[-1].endswith("."):
            version = streams.version(RUN)
            live = streams.live(RUN).get(4)
            seen.append(live.text if live else "")
            await settle()
            await settle()
            await streams.changed(RUN, version, LONG)

    written = [*(f"{n} " for n in range(500)), "end."]
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(read_slowly)
            for piece in written:
                streams.publish(RUN, 4, 1, piece)
                await anyio.lowlevel.checkpoint()
            await settle()
            streams.notify(RUN)
    assert seen[-1] == "".join(written)
    assert len(seen) < len(written) / 2, "several pieces are read as one"
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))


async def test_closing_drops_the_text_and_wakes_the_readers() -> None:
    streams = MemoryStreams()
    streams.publish(RUN, 1, 1, "unfinished")
    with anyio.fail_after(1):
        async with anyio.create_task_group() as group:
            group.start_soon(streams.changed, RUN, streams.version(RUN), LONG)
            await settle()
            streams.close(RUN)
    assert streams.live(RUN) == {}
    streams.close(RUN)


async def test_a_reader_that_leaves_takes_nobody_with_it() -> None:
    streams = MemoryStreams()
    woken: list[str] = []

    async def read(name: str) -> None:
        await streams.changed(RUN, streams.version(RUN), LONG)
        woken.append(name)

    with anyio.fail_after(2):
        async with anyio.create_task_group() as group:
            group.start_soon(read, "stays")
            with anyio.move_on_after(0.01):
                await read("leaves")
            streams.notify(RUN)
    assert woken == ["stays"]


@pytest.mark.parametrize("how", ["looked at", "written", "waited for"])
async def test_runs_that_nobody_watches_any_more_take_no_room(how: str) -> None:
    streams = MemoryStreams()
    for n in range(20_000):
        run = f"run-{n}"
        version = streams.version(run)
        if how == "written":
            streams.publish(run, 1, 1, "text")
            streams.close(run)
        if how == "waited for" and n % 100 == 0:
            await streams.changed(run, version, 0)
    assert held_by(streams) <= 2_000


def held_by(streams: MemoryStreams) -> int:
    """How many objects hang on `streams`, two levels deep, without the run ids."""
    held = [each for each in gc.get_referents(*gc.get_referents(streams)) if not isinstance(each, str)]
    return len(held)


async def test_clearing_away_spares_what_is_read_and_what_is_written() -> None:
    streams = MemoryStreams()
    streams.publish(RUN, 1, 1, "kept")
    woken = anyio.Event()

    async def read() -> None:
        await streams.changed(OTHER, streams.version(OTHER), LONG)
        woken.set()

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await settle()
            for n in range(5_000):
                streams.version(f"passer-by-{n}")
            streams.notify(OTHER)
            await woken.wait()
    assert streams.live(RUN) == {1: LiveText(1, "kept")}
