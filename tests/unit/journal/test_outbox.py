"""The outbox: what was committed is delivered, at least once, in order, and never by two at a time."""

from collections.abc import Callable

import anyio
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonValue
from liteagent.contracts.outbox import Handler, OutboxMessage
from liteagent.infra.db.database import Database
from liteagent.infra.journal.outbox import HELD_SECONDS, DatabaseOutbox
from liteagent.infra.journal.tables import OutboxRow
from liteagent.testing import ManualClock


class Receiver:
    """A handler that notes what it got, and fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.got: list[JsonValue] = []
        self.attempts: list[int] = []
        self.failures = failures

    async def __call__(self, message: OutboxMessage) -> None:
        self.attempts.append(message.attempts)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("nobody is there")
        self.got.append(message.payload["n"])


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def outbox(either: Database, clock: ManualClock) -> DatabaseOutbox:
    return DatabaseOutbox(either, clock)


def posting(outbox: DatabaseOutbox, topic: str, *numbers: int) -> Callable[[Session], None]:
    def work(session: Session) -> None:
        for n in numbers:
            outbox.posted(topic, {"n": n})(session)

    return work


async def left(database: Database) -> int:
    return await database.read(lambda session: session.scalar(select(func.count(OutboxRow.id))) or 0)


async def test_what_was_posted_is_delivered_once_in_order(either: Database, outbox: DatabaseOutbox) -> None:
    await either.write(posting(outbox, "a", 1, 2, 3))
    await either.write(posting(outbox, "b", 4))
    a, b = Receiver(), Receiver()
    handlers: dict[str, Handler] = {"a": a, "b": b}
    assert await outbox.deliver(handlers) == 4
    assert (a.got, b.got, a.attempts) == ([1, 2, 3], [4], [0, 0, 0])
    assert await outbox.deliver(handlers) == 0
    assert await left(either) == 0


async def test_what_was_not_committed_is_not_delivered(either: Database, outbox: DatabaseOutbox) -> None:
    def broken(session: Session) -> None:
        outbox.posted("a", {"n": 1})(session)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await either.write(broken)
    with pytest.raises(InvalidInputError):
        outbox.posted("a", {"n": "\ud800"})
    assert await outbox.deliver({"a": Receiver()}) == 0


async def test_a_topic_without_a_handler_stays(either: Database, outbox: DatabaseOutbox) -> None:
    await either.write(posting(outbox, "later", 1))
    assert await outbox.deliver({"a": Receiver()}) == 0
    assert await outbox.deliver({}) == 0
    receiver = Receiver()
    assert await outbox.deliver({"later": receiver}) == 1
    assert receiver.attempts == [0]


async def test_a_failure_comes_again_after_growing_pauses_and_stops_nobody(
    either: Database, outbox: DatabaseOutbox, clock: ManualClock
) -> None:
    await either.write(posting(outbox, "bad", 1))
    await either.write(posting(outbox, "good", 2))
    bad, good = Receiver(failures=4), Receiver()
    handlers: dict[str, Handler] = {"bad": bad, "good": good}
    assert await outbox.deliver(handlers) == 1
    pauses: list[int] = []
    while not bad.got:
        waited = 0
        while len(bad.attempts) == len(pauses) + 1:
            clock.advance(1)
            waited += 1
            await outbox.deliver(handlers)
        pauses.append(waited)
    assert (pauses, bad.attempts) == ([1, 2, 4, 8], [0, 1, 2, 3, 4])
    assert (good.got, await left(either)) == ([2], 0)


async def test_two_never_have_the_same_message(either: Database, outbox: DatabaseOutbox) -> None:
    await either.write(posting(outbox, "a", *range(60)))
    got: list[JsonValue] = []

    async def slow(message: OutboxMessage) -> None:
        await anyio.sleep(0.001)
        got.append(message.payload["n"])

    async def work() -> None:
        while await outbox.deliver({"a": slow}, limit=7):
            pass

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(work)
    assert sorted(got, key=str) == sorted(range(60), key=str)


async def test_what_a_dead_process_held_is_delivered_by_another(
    either: Database, outbox: DatabaseOutbox, clock: ManualClock
) -> None:
    """The first delivery never comes back."""
    await either.write(posting(outbox, "a", 1))
    holding = anyio.Event()

    async def hang(_: OutboxMessage) -> None:
        holding.set()
        await anyio.sleep_forever()

    receiver = Receiver()
    async with anyio.create_task_group() as group:
        group.start_soon(outbox.deliver, {"a": hang})
        await holding.wait()
        assert await outbox.deliver({"a": receiver}) == 0
        clock.advance(HELD_SECONDS + 1)
        assert await outbox.deliver({"a": receiver}) == 1
        group.cancel_scope.cancel()
    assert (receiver.got, receiver.attempts) == ([1], [1])
    assert await left(either) == 0


async def test_a_cancelled_delivery_lets_go_at_once(either: Database, outbox: DatabaseOutbox) -> None:
    await either.write(posting(outbox, "a", 1, 2, 3))
    got: list[JsonValue] = []

    async def cancelled_at_two(message: OutboxMessage) -> None:
        if message.payload["n"] == 2:
            scope.cancel()
            await anyio.sleep_forever()
        got.append(message.payload["n"])

    with anyio.CancelScope() as scope:
        await outbox.deliver({"a": cancelled_at_two})
    assert got == [1]
    receiver = Receiver()
    assert await outbox.deliver({"a": receiver}) == 2
    assert (receiver.got, receiver.attempts) == ([2, 3], [0, 0])
