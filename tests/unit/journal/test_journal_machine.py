"""The journal's promises under any order of takes, claims, appends, deaths, expired leases and zombies."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.orm import Session

from liteagent.contracts.errors import FencedError
from liteagent.contracts.runs import Event, Journal, NewRun, Rider, RunStatus, Snapshot
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.journal.opening import make_tables
from liteagent.infra.journal.sqlite import SqliteJournal
from liteagent.infra.system import SystemClock

RUN = "01900000-0000-7000-8000-000000000001"
ENDS = ("run.completed", "run.failed", "run.cancelled")
PAST, FUTURE = 1_000_000_000.0, 9_000_000_000.0
WORKERS = ("anna", "bert")

workers = st.sampled_from(WORKERS)


@dataclass
class Place:
    """Where a worker believes the run to stand; `zombie` once another has claimed it after."""

    head: int
    zombie: bool = False


@dataclass
class Model:
    """What a run's record must say, folded without the journal's own rules."""

    status: str = "PENDING"
    owner: str | None = None
    epoch: int = 0
    wake_at: float | None = None

    def follow(self, type_: str, payload: dict[str, Any]) -> None:
        if type_ == "human.answered" and self.status != "WAITING_HUMAN":
            return
        if type_ == "run.claimed":
            self.status, self.owner, self.wake_at = "RUNNING", payload["owner"], None
            self.epoch += 1
        elif type_ in ENDS:
            self.status, self.wake_at = type_.removeprefix("run.").upper(), None
        elif type_ in ("run.parked", "run.waiting_human", "run.paused", "run.resumed", "human.answered"):
            known = {"run.waiting_human": "WAITING_HUMAN", "run.paused": "PAUSED"}
            self.status, self.owner = known.get(type_, "PENDING"), None
            self.wake_at = payload.get("until") if type_ in ("run.parked", "run.waiting_human") else None

    def is_free(self, living: set[str]) -> bool:
        waits = self.wake_at == FUTURE or (self.status == "WAITING_HUMAN" and self.wake_at is None)
        open_ = self.status in ("PENDING", "RUNNING", "WAITING_HUMAN")
        return open_ and not waits and (self.owner is None or self.owner not in living)


class JournalMachine(RuleBasedStateMachine):
    """A model of one run beside the journal. A worker that dies keeps a ghost that may still append."""

    journals: dict[str, Journal]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.expected: list[tuple[str, str]] = []
        self.model = Model()
        self.living: set[str] = set(WORKERS)
        self.places: dict[str, Place] = {}
        self.taken: dict[str, int] = {}
        self.ghosts: list[tuple[str, Place]] = []
        self.snapshots: list[int] = []
        self.open()

    def open(self) -> None:
        """Make the journal, as each worker sees it."""
        journal = MemoryJournal(SystemClock())
        self.journals = dict.fromkeys(WORKERS, journal)

    def teardown(self) -> None:
        self.runner.close()

    @property
    def journal(self) -> Journal:
        return self.journals["anna"]

    @property
    def ended(self) -> bool:
        return bool(self.expected) and self.expected[-1][1] in ENDS

    @initialize()
    def start(self) -> None:
        self.runner.run(self.journal.start(NewRun(RUN, "w", "u", "test", {})))
        self.expected.append(("", "run.started"))

    @rule(worker=workers)
    def take(self, worker: str) -> None:
        """It beats before it takes, so it is alive."""
        self.living.add(worker)
        taken = self.runner.run(self.journals[worker].take(worker, frozenset(self.living)))
        assert [record.id for record in taken] == ([RUN] if self.model.is_free(self.living) else [])
        for record in taken:
            self.model.owner = worker
            self.taken[worker] = record.head

    @rule(worker=workers)
    def claim_what_was_taken(self, worker: str) -> None:
        """Perhaps long after; another may have been at it since."""
        if (head := self.taken.pop(worker, None)) is not None:
            self.claim(worker, head)

    @rule(worker=workers)
    def claim_at_once(self, worker: str) -> None:
        self.claim(worker, self.runner.run(self.journals[worker].get(RUN)).head)

    def claim(self, worker: str, head: int) -> None:
        place = Place(head)
        if self.append(worker, place, ["run.claimed"]):
            for other in (*self.places.values(), *(ghost for _, ghost in self.ghosts)):
                other.zombie = True
            self.places[worker] = place

    @rule(
        worker=workers,
        count=st.integers(1, 3),
        last=st.sampled_from(
            [*ENDS, "run.parked", "run.waiting_human", "run.paused", "", "", "", "", "", ""]
        ),
        until=st.sampled_from([PAST, FUTURE, None]),
        snapshot=st.booleans(),
    )
    def work(self, worker: str, count: int, last: str, until: float | None, snapshot: bool) -> None:
        if place := self.places.get(worker):
            types = [*["x.happened"] * count, *([last] if last else [])]
            if not self.append(worker, place, types, until, snapshot) or last:
                del self.places[worker]

    @rule(type_=st.sampled_from(["human.answered", "run.resumed"]))
    def somebody_outside_appends(self, type_: str) -> None:
        if type_ == "human.answered" or self.model.status == "PAUSED":
            head = self.runner.run(self.journal.get(RUN)).head
            self.append("", Place(head), [type_])

    @rule(worker=workers)
    def lose_the_lease(self, worker: str) -> None:
        """It stands still for too long, and does not know."""
        self.living.discard(worker)

    @rule(worker=workers)
    def die(self, worker: str) -> None:
        self.living.discard(worker)
        self.taken.pop(worker, None)
        if place := self.places.pop(worker, None):
            self.ghosts.append((worker, place))

    @precondition(lambda self: self.ghosts)
    @rule(data=st.data())
    def a_ghost_appends(self, data: st.DataObject) -> None:
        worker, place = data.draw(st.sampled_from(self.ghosts))
        self.append(worker, place, ["x.happened"])

    @rule(gap=st.integers(2, 4))
    def append_with_a_gap(self, gap: int) -> None:
        head = self.runner.run(self.journal.get(RUN)).head
        assert not self.append("anna", Place(head + gap - 1), ["x.happened"])

    def append(
        self, worker: str, place: Place, types: list[str], until: float | None = None, snapshot: bool = False
    ) -> bool:
        """Append as `worker` at its place; whether it was taken, which must be what the model says."""
        allowed = not self.ended and place.head == len(self.expected)
        payload = {"owner": worker} | ({} if until is None else {"until": until})
        events = [Event(RUN, place.head + n, type_, payload, 0.0) for n, type_ in enumerate(types, 1)]
        state = Snapshot(events[-1].seq, str(events[-1].seq)) if snapshot else None
        journal = self.journals.get(worker, self.journal)
        try:
            self.runner.run(journal.append(events, snapshot=state))
        except FencedError:
            assert not allowed
            return False
        assert allowed, "an append got through that had to be fenced"
        assert not place.zombie, "a worker got through after another had claimed the run"
        place.head += len(types)
        self.expected += [(worker, type_) for type_ in types]
        for type_ in types:
            self.model.follow(type_, payload)
        if snapshot:
            self.snapshots.append(place.head)
        return True

    @invariant()
    def every_acknowledged_event_is_there_once_and_in_order(self) -> None:
        events = self.runner.run(self.journal.read(RUN))
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert [(str(event.payload.get("owner", "")), event.type) for event in events] == self.expected

    @invariant()
    def there_is_at_most_one_end_and_it_is_the_last_event(self) -> None:
        ends = [n for n, (_, type_) in enumerate(self.expected) if type_ in ENDS]
        assert ends in ([], [len(self.expected) - 1])

    @invariant()
    def after_a_claim_only_its_worker_appends(self) -> None:
        owner = ""
        for worker, type_ in self.expected:
            owner = worker if type_ == "run.claimed" else owner
            assert worker in (owner, "")

    @invariant()
    def the_record_says_what_the_events_say(self) -> None:
        if self.expected:
            record = self.runner.run(self.journal.get(RUN))
            assert record.head == len(self.expected)
            assert Model(record.status, record.owner, record.epoch, record.wake_at) == self.model

    @invariant()
    def a_history_is_the_newest_snapshot_and_what_came_after(self) -> None:
        if self.expected:
            history = self.runner.run(self.journal.history(RUN))
            newest = self.snapshots[-1] if self.snapshots else 0
            assert history.snapshot == (Snapshot(newest, str(newest)) if newest else None)
            assert [event.seq for event in history.events] == list(range(newest + 1, len(self.expected) + 1))


class SqliteJournalMachine(JournalMachine):
    """The same over a file that each worker has opened for itself, closed and opened again in between."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.databases: dict[str, SqliteDatabase] = {}
        super().__init__()

    def open(self) -> None:
        self.databases = {worker: SqliteDatabase(self.folder / "test.db") for worker in WORKERS}
        self.runner.run(self.databases["anna"].write(make_tables))
        self.journals = {
            worker: SqliteJournal(database, SystemClock()) for worker, database in self.databases.items()
        }

    @rule()
    def close_and_open_again(self) -> None:
        self.close()
        for worker, place in self.places.items():
            self.ghosts.append((worker, place))
        self.places.clear()
        self.open()

    def close(self) -> None:
        for database in self.databases.values():
            self.runner.run(database.close())

    def teardown(self) -> None:
        self.close()
        super().teardown()
        shutil.rmtree(self.folder)


class UnfencedJournal(MemoryJournal):
    """Lets everybody append, at the end."""

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        head = (await self.get(events[0].run_id)).head
        moved = [replace(event, seq=head + n) for n, event in enumerate(events, 1)]
        return await super().append(moved, riders, snapshot)


class UnfencedMachine(JournalMachine):
    def open(self) -> None:
        journal = UnfencedJournal(SystemClock())
        self.journals = dict.fromkeys(WORKERS, journal)


class KeylessSqliteMachine(SqliteJournalMachine):
    """Without the primary key, all that fences is what each process believes to know."""

    def open(self) -> None:
        super().open()
        self.runner.run(self.databases["anna"].write(drop_the_key))


def drop_the_key(session: Session) -> None:
    for statement in (
        "CREATE TABLE keyless AS SELECT * FROM run_events",
        "DROP TABLE run_events",
        "ALTER TABLE keyless RENAME TO run_events",
    ):
        session.execute(text(statement))


@pytest.mark.parametrize(
    "machine", [UnfencedMachine, pytest.param(KeylessSqliteMachine, marks=pytest.mark.soak)]
)
def test_without_the_fence_the_machine_finds_the_bug(machine: type[JournalMachine]) -> None:
    searching = settings(
        max_examples=200, stateful_step_count=30, deadline=None, database=None, phases=[Phase.generate]
    )
    with pytest.raises(AssertionError, match="had to be fenced"):
        run_state_machine_as_test(machine, settings=searching)


def test_every_status_is_one_of_the_model() -> None:
    assert {status for status in RunStatus if not status.ended} == {
        "PENDING",
        "RUNNING",
        "PAUSED",
        "WAITING_HUMAN",
    }


TestMemoryJournal: Any = JournalMachine.TestCase
TestMemoryJournal.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestSqliteJournal: Any = SqliteJournalMachine.TestCase
TestSqliteJournal.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
