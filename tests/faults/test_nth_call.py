"""Every call out of a run of six steps fails once, the n-th in the n-th play, before or after its effect."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import anyio
import pytest

from liteagent.contracts.errors import ConflictError
from liteagent.contracts.json import JsonValue
from liteagent.contracts.runs import EventDraft, Journal, RunRecord, RunStatus
from liteagent.engine.runs import signals
from liteagent.engine.runs.driver import Driver
from liteagent.engine.runs.ledger import Ledger
from liteagent.engine.runs.turn import Rest
from liteagent.engine.workflow.quiet import QuietStreams
from liteagent.features.runs.tasks import RunWorker
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.journal.opening import make_tables
from liteagent.infra.journal.sqlite import SqliteJournal
from liteagent.infra.system import SystemClock, new_id
from tests.faults.workflow.books import problems_of_books, problems_of_journal
from tests.faults.workflow.failing import BrokenError, Calls, FailingJournal, When
from tests.faults.workflow.flows import FLOW, flow_kind, new_run, step_names
from tests.faults.workflow.receiver import Receiver

STEPS = 6
CLOCK = SystemClock()

Store = Callable[[], AbstractAsyncContextManager[Journal]]


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Opens a journal; the one in a file is opened anew for each life."""

    @asynccontextmanager
    async def memory() -> AsyncGenerator[Journal]:
        yield kept

    @asynccontextmanager
    async def sqlite() -> AsyncGenerator[Journal]:
        database = SqliteDatabase(tmp_path / "runs.db")
        await database.write(make_tables)
        try:
            yield SqliteJournal(database, CLOCK)
        finally:
            await database.close()

    kept = MemoryJournal(CLOCK)
    return memory if request.param == "memory" else sqlite


class Play:
    """One run, brought to its end by as many workers as it takes, with one call that fails."""

    def __init__(self, store: Store, calls: Calls, **definition: JsonValue) -> None:
        self.store, self.calls = store, calls
        self.definition = definition
        self.receiver = Receiver()
        self.run_id = new_id()
        self.crashes = 0

    @property
    def owner(self) -> str:
        """Who works at it now."""
        return f"life-{self.crashes}"

    async def play(self) -> RunStatus:
        """The status that the run ends with."""
        async with self.store() as journal:
            await self._accept(FailingJournal(journal, self.calls))
        while True:
            async with self.store() as journal:
                try:
                    return (await self._life(FailingJournal(journal, self.calls))).status
                except BrokenError:
                    self.crashes += 1

    async def problems(self, outputs: int = STEPS, wide: int = 1) -> list[str]:
        """What is wrong with a run that was to complete; a crash may repeat the `wide` calls in flight."""
        async with self.store() as journal:
            return await problems_of_books(
                journal,
                self.receiver,
                [self.run_id],
                step_names(STEPS),
                repeats=wide * self.crashes + (self.calls.broken == "call"),
                outputs=outputs,
            )

    async def _accept(self, journal: Journal) -> None:
        """As a client does it: again, until it is accepted."""
        with suppress(BrokenError):
            await journal.start(new_run(self.run_id, STEPS, **self.definition))
            return
        with suppress(ConflictError):  # it is accepted, and only the answer was lost
            await journal.start(new_run(self.run_id, STEPS, **self.definition))

    async def _life(self, journal: Journal) -> Rest:
        return await self._driver(journal).advance(self.run_id)

    def _driver(self, journal: Journal) -> Driver:
        async def call(run_id: str, step: str, key: str, value: int) -> int:
            return await self.calls("call", lambda: self.receiver.call(run_id, step, key, value))

        kinds = {FLOW: flow_kind(call)}
        return Driver(journal, kinds, owner_id=self.owner, clock=CLOCK, streams=QuietStreams())


async def sweep(store: Store, when: When, **definition: JsonValue) -> AsyncGenerator[tuple[Play, RunStatus]]:
    """Play after play, until one comes through without its call."""
    for n in count(1):
        play = Play(store, Calls(n, when), **definition)
        status = await play.play()
        if not play.calls.broken:
            more = 0 if "wide" in definition else 1  # side by side, results share an append
            assert n >= 2 * STEPS + more, "each step has a call and an append"
            assert status is RunStatus.COMPLETED
            return
        yield play, status


@pytest.mark.parametrize("when", ["before", "after"])
async def test_steps_that_try_again_complete_whatever_fails(store: Store, when: When) -> None:
    async for play, status in sweep(store, when, retry=True):
        assert status is RunStatus.COMPLETED, play.calls.broken
        assert await play.problems() == [], (play.calls.fail_at, play.calls.broken)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_runs_that_are_read_from_snapshots_complete(store: Store, when: When) -> None:
    """Each output is so long that the journal outgrows its newest snapshot every few steps."""
    async for play, status in sweep(store, when, step={"pad": 260_000}):
        if play.calls.broken != "call":
            assert status is RunStatus.COMPLETED
            assert await play.problems() == [], (play.calls.fail_at, play.calls.broken)
        async with store() as journal:
            history = await journal.history(play.run_id)
        assert history.snapshot is not None or status is RunStatus.FAILED


class Asked(Play):
    """A play whose steps must not be repeated unasked; the person who is asked looks at the receiver."""

    asked = 0

    async def _life(self, journal: Journal) -> Rest:
        driver = self._driver(journal)
        while (rest := await driver.advance(self.run_id)).status is RunStatus.WAITING_HUMAN:
            await driver.signal(self.run_id, self._say)
        return rest

    def _say(self, record: RunRecord, ledger: Ledger) -> EventDraft | None:
        (question,) = ledger.questions.values()
        assert question.effect is not None
        key = f"{self.run_id}:{question.effect}"
        done = [arrival for arrival in self.receiver.arrivals if arrival.key == key]
        answer = {"outcome": "done", "result": {"n": done[0].value + 1}} if done else "repeat"
        self.asked += 1
        return signals.answer(answer, None, by="someone", now=CLOCK.now())(record, ledger)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_unsafe_steps_are_never_repeated_unasked(store: Store, when: When) -> None:
    asked = 0
    for n in count(1):
        play = Asked(store, Calls(n, when), step={"effect": "unsafe"})
        status = await play.play()
        asked += play.asked
        if play.calls.broken == "call":
            assert status is RunStatus.FAILED
        else:
            assert status is RunStatus.COMPLETED
            assert await play.problems() == [], (n, play.calls.broken)
        assert play.receiver.repeats == 0, (n, play.calls.broken)
        if not play.calls.broken:
            break
    assert asked >= STEPS


@pytest.mark.parametrize("when", ["before", "after"])
async def test_side_by_side_steps_complete_unless_one_of_them_fails(store: Store, when: When) -> None:
    async for play, status in sweep(store, when, wide=3):
        if play.calls.broken == "call":
            assert status is RunStatus.FAILED
        else:
            assert await play.problems(outputs=2, wide=3) == [], (play.calls.fail_at, play.calls.broken)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_steps_that_try_once_fail_the_run_with_their_reason(store: Store, when: When) -> None:
    failed = 0
    async for play, status in sweep(store, when):
        if play.calls.broken != "call":
            assert await play.problems() == [], (play.calls.fail_at, play.calls.broken)
            continue
        failed += 1
        assert status is RunStatus.FAILED
        async with store() as journal:
            record, events = await journal.get(play.run_id), await journal.read(play.run_id)
        assert list(problems_of_journal(record, events)) == []
        error = events[-1].payload["error"]
        assert isinstance(error, dict)
        assert error["code"] == "receiver_away"
        assert error["details"] == {"node": f"s{failed}"}
        assert len(play.receiver.effects) == failed - (when == "before")
        assert all(len(keys) == 1 for keys in play.receiver.effects.values())
    assert failed == STEPS


class Alive:
    """Ownership of the only worker there is."""

    def __init__(self, owner_id: str, calls: Calls) -> None:
        self.owner_id = owner_id
        self._calls = calls

    async def living(self) -> frozenset[str]:
        return await self._calls("living", self._living)

    async def beat(self) -> None:
        await self._calls("beat", self._living)

    async def release(self) -> None:
        """Nothing is held."""

    async def _living(self) -> frozenset[str]:
        return frozenset({self.owner_id})


class Worked(Play):
    """The same by the product's worker, which looks after the run by itself."""

    async def _life(self, journal: Journal) -> Rest:
        driver = self._driver(journal)
        async with RunWorker(driver, journal, Alive(self.owner, self.calls), CLOCK) as worker:
            with anyio.fail_after(10):
                while True:
                    async with self.store() as another:
                        record = await another.get(self.run_id)
                    if record.status.ended:
                        return Rest(record.status)
                    await anyio.sleep(0.001)
                    with suppress(BrokenError):
                        await worker.sweep()  # which comes every few seconds, and survives a failure


@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_worker_brings_the_run_on_or_fails_it_with_a_reason(store: Store, when: When) -> None:
    statuses: list[RunStatus] = []
    for n in count(1):
        play = Worked(store, Calls(n, when))
        status = await play.play()
        statuses.append(status)
        if not play.calls.broken:
            break
        if status is RunStatus.COMPLETED:
            play.crashes = max(play.crashes, 1)
            assert await play.problems() == [], (n, play.calls.broken)
            continue
        async with store() as journal:
            record, events = await journal.get(play.run_id), await journal.read(play.run_id)
        assert list(problems_of_journal(record, events)) == [], (n, play.calls.broken)
        assert all(len(keys) == 1 for keys in play.receiver.effects.values()), (n, play.calls.broken)
        assert isinstance(error := events[-1].payload["error"], dict)
        assert error["code"] in ("receiver_away", "run_failed"), (n, play.calls.broken)
    assert statuses[-1] is RunStatus.COMPLETED
    assert len(statuses) > 2 * STEPS
