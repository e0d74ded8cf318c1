"""The journal's promises under any order of claims, appends, deaths and zombies, with two workers."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from liteagent.contracts.errors import FencedError
from liteagent.contracts.runs import STATUS_AFTER, Event, Journal, NewRun, RunStatus
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.journal.sqlite import SqliteJournal
from liteagent.infra.journal.tables import RunRow
from liteagent.infra.system import SystemClock

RUN = "01900000-0000-7000-8000-000000000001"
ENDS = ("run.completed", "run.failed", "run.cancelled")

workers = st.sampled_from(["anna", "bert"])


@dataclass
class Place:
    """Where a worker believes the run to stand; `zombie` once another has claimed it after."""

    head: int
    zombie: bool = False


class JournalMachine(RuleBasedStateMachine):
    """A model of one run beside the journal. A worker that dies keeps a ghost that may still append."""

    journal: Journal

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.expected: list[tuple[str, str]] = []
        self.places: dict[str, Place] = {}
        self.ghosts: list[tuple[str, Place]] = []
        self.open()

    def open(self) -> None:
        """Make the journal."""
        self.journal = MemoryJournal(SystemClock())

    def teardown(self) -> None:
        self.runner.close()

    @property
    def ended(self) -> bool:
        return bool(self.expected) and self.expected[-1][1] in ENDS

    @initialize()
    def start(self) -> None:
        self.runner.run(self.journal.start(NewRun(RUN, "w", "u", "test", {})))
        self.expected.append(("", "run.started"))

    @rule(worker=workers)
    def claim(self, worker: str) -> None:
        place = Place(self.runner.run(self.journal.get(RUN)).head)
        if self.append(worker, place, ["run.claimed"]):
            for other in (*self.places.values(), *(ghost for _, ghost in self.ghosts)):
                other.zombie = True
            self.places[worker] = place

    @rule(worker=workers, count=st.integers(1, 3), end=st.sampled_from([*ENDS, "", "", "", ""]))
    def work(self, worker: str, count: int, end: str) -> None:
        if place := self.places.get(worker):
            types = [*["x.happened"] * count, *([end] if end else [])]
            if not self.append(worker, place, types):
                del self.places[worker]

    @rule(worker=workers)
    def die(self, worker: str) -> None:
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

    def append(self, worker: str, place: Place, types: list[str]) -> bool:
        """Append as `worker` at its place; whether it was taken, which must be what the model says."""
        allowed = not self.ended and place.head == len(self.expected)
        events = [
            Event(RUN, place.head + n, type_, {"owner": worker}, 0.0) for n, type_ in enumerate(types, 1)
        ]
        try:
            self.runner.run(self.journal.append(events))
        except FencedError:
            assert not allowed
            return False
        assert allowed
        assert not place.zombie, "a worker got through after another had claimed the run"
        place.head += len(types)
        self.expected += [(worker, type_) for type_ in types]
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
            assert worker == owner

    @invariant()
    def the_record_says_what_the_events_say(self) -> None:
        if not self.expected:
            return
        record = self.runner.run(self.journal.get(RUN))
        statuses = [STATUS_AFTER[type_] for _, type_ in self.expected if type_ in STATUS_AFTER]
        owners = [worker for worker, type_ in self.expected if type_ == "run.claimed"]
        assert (record.head, record.status) == (len(self.expected), statuses[-1])
        assert record.owner == (owners[-1] if owners else None)
        assert bool(self.runner.run(self.journal.runnable())) == (
            statuses[-1] in (RunStatus.PENDING, RunStatus.RUNNING)
        )


class SqliteJournalMachine(JournalMachine):
    """The same over a file, which is closed and opened again in between."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        super().__init__()

    def open(self) -> None:
        self.database = SqliteDatabase(self.folder / "test.db")
        self.runner.run(self.database.write(lambda session: RunRow.metadata.create_all(session.connection())))
        self.journal = SqliteJournal(self.database, SystemClock())

    @rule()
    def close_and_open_again(self) -> None:
        self.runner.run(self.database.close())
        for worker, place in self.places.items():
            self.ghosts.append((worker, place))
        self.places.clear()
        self.open()

    def teardown(self) -> None:
        self.runner.run(self.database.close())
        super().teardown()
        shutil.rmtree(self.folder)


TestMemoryJournal: Any = JournalMachine.TestCase
TestMemoryJournal.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestSqliteJournal: Any = SqliteJournalMachine.TestCase
TestSqliteJournal.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
