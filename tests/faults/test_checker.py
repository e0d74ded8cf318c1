"""The harness is tested itself: with a deliberate bug in the product the checker must see it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing

import anyio
import pytest

from liteagent.contracts.errors import FencedError
from liteagent.contracts.runs import Event, NewRun, Rider, RunRecord, Snapshot
from liteagent.features.chat.schemas import ChatBody
from liteagent.infra.journal.sqlite import SqliteJournal
from tests.faults.harness.accepted import AcceptedTurn
from tests.faults.harness.documents import token_of
from tests.faults.harness.rig import Life, Performed
from tests.faults.harness.scene import Scene


class UnfencedJournal:
    """A journal with the fence off: what is appended gets the next place, whoever has taken it."""

    def __init__(self, journal: SqliteJournal, life: "list[Life]") -> None:
        self._journal = journal
        self._life = life
        self.start, self.read = journal.start, journal.read
        self.get, self.history = journal.get, journal.history
        self.summaries, self.take = journal.summaries, journal.take

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        def insert(session: object) -> None:
            for rider in riders:
                rider(session)

        await self._life[0].database.write(insert)
        try:
            await self._journal.append(await self._placed(events))
        except FencedError:
            await self._force(events)
        return 0

    async def _placed(self, events: Sequence[Event]) -> list[Event]:
        head = (await self._journal.get(events[0].run_id)).head
        return [
            Event(each.run_id, head + n, each.type, each.payload, each.at, each.ref)
            for n, each in enumerate(events, 1)
        ]

    async def _force(self, events: Sequence[Event]) -> None:
        rows = [(each.run_id, each.run_id, each.type, "{}", each.at, each.ref) for each in events]
        place = "(SELECT max(seq) + 1 FROM run_events WHERE run_id = ?)"
        await self._life[0].database.write_raw(
            lambda c: c.executemany(f"INSERT INTO run_events VALUES (?, {place}, ?, ?, ?, ?)", rows).close()
        )


class HastyJournal(SqliteJournal):
    """A journal that acknowledges a run before it is committed."""

    async def start(self, run: NewRun, riders: Sequence[Rider] = (), events: Sequence[Event] = ()) -> Event:
        return run.started(0.0)


async def two_workers(scene: Scene, *, fenced: bool) -> None:
    """The second one takes the run over while the first is inside a model call; then both go on."""
    lives: list[Life] = []
    inside = [anyio.Event(), anyio.Event()]

    async def wait_for_the_other(begun: Performed) -> None:
        if begun.what == "model 1":
            inside[begun.attempt - 1].set()
            await inside[1].wait()

    for _ in range(2):
        holder: list[Life] = []
        life = Life(
            scene.path,
            journal_of=lambda journal, holder=holder: journal if fenced else UnfencedJournal(journal, holder),
            before_effect=wait_for_the_other,
        )
        holder.append(life)
        lives.append(life)
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(lives[0].driver.advance, scene.chat)
            await inside[0].wait()
            group.start_soon(lives[1].driver.advance, scene.chat)
    for life in lives:
        await life.close()


async def test_with_the_fence_two_workers_are_as_good_as_one(scene: Scene) -> None:
    await two_workers(scene, fenced=True)
    assert await scene.problems(both=False) == []


async def test_without_the_fence_the_checker_sees_it(scene: Scene) -> None:
    await two_workers(scene, fenced=False)
    problems = "\n".join(await scene.problems(both=False))
    assert "it has 2 ends" in problems
    assert "its messages are ['user', 'assistant', 'assistant']" in problems


async def test_an_acknowledgement_before_the_commit_is_seen(scene: Scene) -> None:
    life = Life(scene.path)
    hasty = Life(scene.path, journal_of=lambda _: HastyJournal(life.database, life.driver._clock))  # pyright: ignore[reportPrivateUsage]
    question = f"Which note has the code word {token_of('lib', 3)}?"
    turn = await hasty.chat.send(hasty.principal, ChatBody(agent_id=scene.agent_id, message=question))
    scene.log.turn(AcceptedTurn("hasty", turn.run_id, turn.conversation_id, question, token_of("lib", 3)))
    for run_id in (scene.chat, scene.indexing):
        await life.driver.advance(run_id)
    await life.close()
    await hasty.close()
    assert await scene.problems() == [f"turn hasty (run {turn.run_id}): lost: there is no such run"]


CORRUPTIONS = {
    "UPDATE runs SET status = 'RUNNING' WHERE kind = 'chat'": "it ends with run.completed",
    "DELETE FROM run_events WHERE seq = 3": "its events are [1, 2, 4",
    "DELETE FROM run_events WHERE type = 'run.completed'": "it has 0 ends",
    "DELETE FROM messages WHERE role = 'assistant'": "its messages are ['user']",
    "DELETE FROM conversations": "its messages are []",
    "CREATE TABLE copies AS SELECT * FROM messages; UPDATE copies SET id = id || 'x';"
    "INSERT INTO messages SELECT * FROM copies": "its messages are ['user', 'user'",
    "UPDATE messages SET content = 'other' WHERE role = 'assistant'": "its answer is 'other'",
    "UPDATE messages SET content = 'other' WHERE role = 'user'": "its question is not the one",
    "UPDATE documents SET text = ' ' || text": "its citation is not in the document",
    "DELETE FROM documents WHERE name = 'src-0001.md'": "5 documents for 6, 1 are missing",
    "UPDATE documents SET status = 'failed' WHERE name = 'src-0001.md'": "src-0001.md is failed",
    "UPDATE data_sources SET status = 'indexing'": "is indexing",
    "DELETE FROM chunks WHERE position = 0": "and should have",
    "UPDATE chunks SET position = 1": "and should have",
    "PRAGMA foreign_keys = OFF; DELETE FROM documents": "chunks without a document",
    "UPDATE lexical_terms SET terms = NULL": "documents without words",
    "UPDATE data_sources SET version = 1": "words newer than their source",
    "UPDATE run_events SET ref = 2 WHERE ref IS NOT NULL": "results {2:",
    "UPDATE runs SET id = 'other' WHERE kind = 'chat'": "its last event is None",
}


@pytest.mark.parametrize("statement", CORRUPTIONS)
async def test_what_is_torn_is_seen(scene: Scene, statement: str) -> None:
    life = Life(scene.path)
    for run_id in (scene.chat, scene.indexing):
        await life.driver.advance(run_id)
    await life.close()
    assert await scene.problems() == []
    with closing(sqlite3.connect(scene.path)) as connection:
        foreign_keys = "OFF" if "id = 'other'" in statement else "ON"
        connection.executescript(f"PRAGMA foreign_keys = {foreign_keys}; {statement};")
    problems = "\n".join(await scene.problems())
    assert CORRUPTIONS[statement] in problems


async def test_a_run_at_which_nobody_works_is_seen(scene: Scene) -> None:
    life = Life(scene.path)
    record: RunRecord = await life.journal.get(scene.chat)
    await life.journal.append([Event(record.id, 2, "run.claimed", {"owner": "nobody", "epoch": 1}, 0.0)])
    await life.close()
    problems = "\n".join(await scene.problems(both=False))
    assert f"run {scene.chat} (chat, RUNNING): it has 0 ends" in problems
