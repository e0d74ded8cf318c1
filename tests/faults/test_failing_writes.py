"""Every unit of database work fails once, the n-th in the n-th play: runs end, and the worker goes on."""

import sqlite3
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from liteagent.contracts.runs import Event, Rider, RunStatus, Snapshot
from liteagent.features.chat.schemas import ChatBody
from liteagent.features.chat.service import AcceptedTurn
from liteagent.infra.db.idempotency import IdempotencyToken
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.journal.sqlite import SqliteJournal
from tests.faults.harness.accepted import AcceptedTurn as Accepted
from tests.faults.harness.accepted import AcceptLog
from tests.faults.harness.checker import problems_of
from tests.faults.harness.documents import token_of
from tests.faults.harness.rig import Life
from tests.faults.harness.scene import Scene
from tests.faults.harness.waiting import until

T = TypeVar("T")
Item = TypeVar("Item")


class FailingDatabase(SqliteDatabase):
    """Undoes units of work that write, after they were done, as a disk may.

    Attributes:
        units: How many there were.
        fail_at: The number of the one that fails.
    """

    def __init__(self, path: Path, fail_at: int = 0) -> None:
        super().__init__(path)
        self.units = 0
        self.fail_at = fail_at

    async def write(self, work: Callable[[Session], T]) -> T:
        return await super().write(self._broken(work))

    async def write_batched(
        self, batch: Callable[[sqlite3.Connection, Sequence[Item]], Sequence[T | Exception]], item: Item
    ) -> T:
        def alone(connection: sqlite3.Connection) -> T:
            (outcome,) = batch(connection, [item])
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return await self.write_raw(alone)

    def _broken(self, work: Callable[[Any], T]) -> Callable[[Any], T]:
        self.units += 1
        if self.units != self.fail_at:
            return work

        def fail(connection: Any) -> T:
            work(connection)
            raise OperationalError("COMMIT", None, sqlite3.OperationalError("disk I/O error"))

        return fail


class FailingJournal:
    """Refuses the next `left` appends."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self.left = 0
        self.start, self.read = journal.start, journal.read
        self.get, self.history = journal.get, journal.history
        self.summaries, self.take = journal.summaries, journal.take

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        if self.left:
            self.left -= 1
            raise OperationalError("COMMIT", None, sqlite3.OperationalError("disk I/O error"))
        return await self._journal.append(events, riders, snapshot)


@asynccontextmanager
async def failing(scene: Scene, fail_at: int) -> AsyncGenerator[tuple[Life, FailingDatabase]]:
    """A life with a worker, over a database that fails once."""
    databases: list[FailingDatabase] = []

    def make(path: Path) -> SqliteDatabase:
        databases.append(FailingDatabase(path))
        return databases[0]

    life = Life(scene.path, database_of=make)
    try:
        async with life.working():
            databases[0].units, databases[0].fail_at = 0, fail_at
            yield life, databases[0]
    finally:
        await life.close()


async def ended(life: Life, run_id: str) -> RunStatus:
    """The status of the run once it has ended."""

    async def has_ended() -> bool:
        return (await life.journal.get(run_id)).status.ended

    await until(has_ended, 20)
    return (await life.journal.get(run_id)).status


async def test_runs_under_way_complete_and_the_worker_goes_on(original_scene: Scene, tmp_path: Path) -> None:
    statuses: list[RunStatus] = []
    units = 0
    for n in count(1):
        scene = original_scene.at(tmp_path / str(n))
        async with failing(scene, n) as (life, database):
            statuses += [await ended(life, scene.chat), await ended(life, scene.indexing)]
            units, database.fail_at = database.units, 0
            again = await life.datasources.index(life.principal, scene.log.sources[0].datasource_id)
            assert again.run_id is not None
            assert await ended(life, again.run_id) is RunStatus.COMPLETED
        assert await scene.problems() == []
        if units < n:
            break
    assert units > 8
    assert set(statuses) == {RunStatus.COMPLETED}, "a write that fails once ends no run"


async def test_a_turn_that_could_not_be_accepted_left_nothing_and_can_be_sent_again(
    original_scene: Scene, tmp_path: Path
) -> None:
    refused = units = 0
    for n in count(1):
        scene = original_scene.at(tmp_path / str(n))
        async with failing(scene, 0) as (life, database):
            await ended(life, scene.chat)
            await ended(life, scene.indexing)
            database.units, database.fail_at = 0, n
            turn, times = await send(life, scene)
            refused += times - 1
            await ended(life, turn.run_id)
            units = database.units
        assert await scene.problems() == []
        if units < n:
            break
    assert refused == 1, "the acceptance is one unit of work"
    assert units > 3


async def send(life: Life, scene: Scene) -> tuple[AcceptedTurn, int]:
    """Send a turn, and again with the same key if that failed; how often it took."""
    token = token_of("lib", 1)
    body = ChatBody(agent_id=scene.agent_id, message=f"Which note has the code word {token}?")
    key = IdempotencyToken("key", "POST /api/chat", "hash")
    times = 1
    try:
        turn = await life.chat.send(life.principal, body, key)
    except OperationalError:
        times = 2
        turn = await life.chat.send(life.principal, body, key)
    repeated = await life.chat.send(life.principal, body, key)
    assert repeated == turn
    scene.log.turn(Accepted("second", turn.run_id, turn.conversation_id, body.message, token))
    return turn, times


@pytest.mark.parametrize("times", [1, 2, 4])
async def test_a_journal_that_fails_several_times_in_a_row_is_come_back_to(scene: Scene, times: int) -> None:
    """The claims fail, then the endings of the runs: a few seconds later the sweep finds them."""
    journals: list[FailingJournal] = []

    def make(journal: SqliteJournal) -> FailingJournal:
        journals.append(FailingJournal(journal))
        journals[0].left = times
        return journals[0]

    life = Life(scene.path, journal_of=make)
    async with life.working():
        await ended(life, scene.chat)
        await ended(life, scene.indexing)
    (source,) = (each.datasource_id for each in scene.log.sources)
    view = await life.datasources.get(life.principal, source)
    await life.close()
    assert journals[0].left == 0
    assert problems_of(scene.path, AcceptLog(scene.log.path, scene.log.turns)) == []
    assert view.status in ("ready", "failed")


async def test_a_run_whose_riders_never_commit_ends_after_some_tries(scene: Scene) -> None:
    """As with a bug in a kind's own tables: it ends without them, but it ends."""
    life = Life(scene.path)
    await life.database.write(lambda session: session.execute(text("DROP TABLE messages")))
    tries = 0
    while not (await life.journal.get(scene.chat)).status.ended:
        with pytest.raises(OperationalError):
            await life.driver.advance(scene.chat)
        with suppress(OperationalError):
            await life.driver.fail(scene.chat)
        tries += 1
        assert tries < 20
    assert (await life.journal.get(scene.chat)).status is RunStatus.FAILED
    await life.close()
