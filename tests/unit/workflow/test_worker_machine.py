"""Two workers at one workflow, in any order of stops, deaths, zombies, lapsed leases and signals.

The real driver on a journal in memory. A worker stops before and after every call that it makes, and goes on
when the machine says so; so a crash or a rival comes between any two of its awaits.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import STATUS_AFTER, Event, EventDraft, Journal, RunRecord, RunStatus
from liteagent.engine.runs import signals
from liteagent.engine.runs.driver import Driver
from liteagent.engine.runs.ledger import Ledger
from liteagent.engine.workflow.quiet import QuietStreams
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.testing.clock import ManualClock
from tests.faults.workflow.books import problems_of_journal, problems_of_run
from tests.faults.workflow.flows import FLOW, flow_kind, new_run, step_names
from tests.faults.workflow.gates import GatedWorker, settle
from tests.faults.workflow.planted import UnfencedJournal, planted_driver
from tests.faults.workflow.receiver import Receiver

RUN = "01900000-0000-7000-8000-000000000001"
STEPS = 4
PATIENCE = 60

workers = st.sampled_from(["anna", "bert"])


class WorkerMachine(RuleBasedStateMachine):
    """`desk` is where people's signals come in; it is quick, so nothing comes between."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = ManualClock()
        self.store = MemoryJournal(self.clock)
        self.receiver = Receiver()
        self.workers: dict[str, GatedWorker] = {}
        self.others: list[GatedWorker] = []
        self.signals: list[int] = []
        self.count = self.checked = 0
        self.desk = Driver(
            self.store,
            {FLOW: flow_kind(self.receiver.call)},
            owner_id="desk",
            clock=self.clock,
            streams=QuietStreams(),
        )

    def journal(self) -> Journal:
        """What workers work with."""
        return self.store

    driver_of: Callable[..., Driver] = Driver

    def run(self, awaitable: Awaitable[Any]) -> Any:
        """Run something of this moment, and what follows from it, until all workers stand."""

        async def all_of_it() -> Any:
            result = await awaitable
            await settle()
            return result

        return self.runner.run(all_of_it())

    @initialize(
        wide=st.sampled_from([0, 0, 2]),
        pauses=st.booleans(),
        effect=st.sampled_from(["idempotent", "idempotent", "unsafe"]),
    )
    def start(self, wide: int, pauses: bool, effect: str) -> None:
        self.wide = max(wide, 1)
        step: JsonObject = {"effect": effect}
        self.run(self.store.start(new_run(RUN, STEPS, wide=wide, pauses=pauses and not wide, step=step)))

    # -- workers -------------------------------------------------------------------------------------------

    @rule(name=workers)
    def look_for_work(self, name: str) -> None:
        worker = self.workers.get(name) or self.born(name)
        self.run(self.soon(worker.sweep))

    @rule(name=workers, times=st.sampled_from([1, 1, 2, 3, 5, 8, 20]), which=st.integers(0, 1))
    def go_on(self, name: str, times: int, which: int = 0) -> None:
        if worker := self.workers.get(name):
            self.let_on(worker, times, which)

    @rule(name=workers)
    def die(self, name: str) -> None:
        if worker := self.workers.pop(name, None):
            self.others.append(worker)
            self.run(self.soon(worker.die))

    @rule(name=workers)
    def lose_the_lease(self, name: str) -> None:
        """It stands still for so long that it counts as dead; it does not know that."""
        if worker := self.workers.pop(name, None):
            self.others.append(worker)

    @precondition(lambda self: self.others)
    @rule(data=st.data(), times=st.sampled_from([1, 2, 5, 20]))
    def a_zombie_goes_on(self, data: st.DataObject, times: int) -> None:
        self.let_on(data.draw(st.sampled_from(self.others), label="zombie"), times)

    @rule(name=workers)
    def look_around(self, name: str) -> None:
        if worker := self.workers.get(name):
            self.run(self.soon(lambda: worker.driver.poke(RUN)))

    # -- people, and time ----------------------------------------------------------------------------------

    @rule()
    def pause(self) -> None:
        self.signal(signals.pause(by="someone"))

    @rule()
    def resume(self) -> None:
        self.signal(signals.resume(by="someone"))

    @rule()
    def answer(self) -> None:
        """Of an effect in doubt a person says whether the receiver has seen it."""

        def say(record: RunRecord, ledger: Ledger) -> EventDraft | None:
            request_id, question = next(iter(ledger.questions.items()), (None, None))
            doubted = question.effect if question else None
            seen = [each.value for each in self.receiver.arrivals if each.key == f"{RUN}:{doubted}"]
            value: JsonValue = "yes" if doubted is None else "repeat"
            if seen:
                value = {"outcome": "done", "result": {"n": seen[0] + 1}}
            return signals.answer(value, request_id, by="someone", now=self.clock.now())(record, ledger)

        self.signal(say)

    @rule(sure=st.sampled_from([False, False, False, True]))
    def cancel(self, sure: bool) -> None:
        if sure:
            self.signal(signals.cancel(by="someone"))

    @rule()
    def half_a_minute_passes(self) -> None:
        self.clock.advance(31.0)

    # -- what holds ----------------------------------------------------------------------------------------

    @invariant()
    def the_journal_is_sound(self) -> None:
        record, events = self.look()
        assert list(problems_of_journal(record, events)) == []

    @invariant()
    def no_step_takes_effect_twice(self) -> None:
        assert all(len(keys) == 1 for keys in self.receiver.effects.values()), self.receiver.effects

    @invariant()
    def an_effect_is_repeated_only_after_a_claim(self) -> None:
        _, events = self.look()
        claims = sum(event.type == "run.claimed" for event in events)
        assert self.receiver.repeats <= self.wide * max(0, claims - 1)

    @invariant()
    def after_a_claim_only_its_worker_and_people_append(self) -> None:
        _, events = self.look()
        authors = {seq: worker.owner for worker in self.everybody() for seq in worker.wrote}
        owner = ""
        for event in events[1:]:
            if event.type == "run.claimed":
                owner = str(event.payload["owner"])
            assert authors.get(event.seq, "desk") in (owner, "desk"), event

    @invariant()
    def nobody_is_robbed(self) -> None:
        """A run is taken from a worker only when that is dead, or seems so."""
        _, events = self.look()
        owner = ""
        for event in events[1:]:
            claimer = str(event.payload["owner"]) if event.type == "run.claimed" else ""
            if claimer and event.seq > self.checked:
                assert owner in ("", claimer) or owner not in self.living(), event
            left = STATUS_AFTER.get(event.type) not in (None, RunStatus.RUNNING)
            owner = claimer or ("" if left else owner)
        self.checked = len(events)

    @invariant()
    def nobody_stumbles(self) -> None:
        assert [error for worker in self.everybody() for error in worker.errors] == []

    def teardown(self) -> None:
        try:
            self.the_run_ends_and_the_books_balance()
        finally:
            for worker in self.everybody():
                self.run(self.soon(worker.die))
            self.runner.close()

    def the_run_ends_and_the_books_balance(self) -> None:
        """Zombies do whatever they still want, everybody else has died, and one worker is left."""
        for worker in self.workers.values():
            self.run(self.soon(worker.die))
        self.others += self.workers.values()
        self.workers.clear()
        for zombie in self.others:
            zombie.gate.free = True
            self.let_on(zombie, 3)
        for _ in range(PATIENCE):
            if self.look()[0].status.ended:
                break
            self.bring_on()
        record, events = self.look()
        if record.status is RunStatus.CANCELLED:
            return
        outputs = {"n": STEPS if self.wide == 1 else STEPS // self.wide}
        assert list(problems_of_run(record, events, step_names(STEPS), outputs)) == []
        assert list(self.receiver.problems([RUN], step_names(STEPS), PATIENCE * STEPS)) == []
        for check in (
            self.the_journal_is_sound,
            self.an_effect_is_repeated_only_after_a_claim,
            self.after_a_claim_only_its_worker_and_people_append,
            self.nobody_stumbles,
        ):
            check()

    def bring_on(self) -> None:
        """Whatever the run waits for comes."""
        self.half_a_minute_passes()
        status = self.look()[0].status
        if status is RunStatus.PAUSED:
            self.resume()
        if status is RunStatus.WAITING_HUMAN:
            self.answer()
        self.look_for_work("anna")
        self.go_on("anna", 100)

    # -- the hands -----------------------------------------------------------------------------------------

    def born(self, name: str) -> GatedWorker:
        """A new process in the place of one that is gone."""
        self.count += 1
        worker = GatedWorker(
            f"{name} {self.count}",
            self.journal(),
            self.receiver.call,
            self.clock,
            self.living,
            self.driver_of,
        )
        self.workers[name] = worker
        return worker

    def living(self) -> set[str]:
        """Who has a lease."""
        return {each.owner for each in self.workers.values()}

    def let_on(self, worker: GatedWorker, times: int, which: int = 0) -> None:
        for _ in range(times):
            if not worker.busy:
                return
            self.run(self.soon(lambda: worker.gate.let_on(which)))

    def signal(self, signal: signals.Signal) -> None:
        """A person's signal; where the run does not allow it they are told so."""
        with suppress(LiteAgentError):
            self.run(self.desk.signal(RUN, signal))

    async def soon(self, act: Callable[[], None]) -> None:
        act()

    def everybody(self) -> list[GatedWorker]:
        return [*self.workers.values(), *self.others]

    def look(self) -> tuple[RunRecord, tuple[Event, ...]]:
        async def look() -> tuple[RunRecord, tuple[Event, ...]]:
            return await self.store.get(RUN), await self.store.read(RUN)

        return self.runner.run(look())


class UnfencedMachine(WorkerMachine):
    """Workers whose journal accepts everybody."""

    def journal(self) -> Journal:
        return UnfencedJournal(self.store)


class ForgetfulMachine(WorkerMachine):
    """Workers that forget a result when a signal comes first."""

    driver_of = planted_driver("result dropped")


def search(machine: type[WorkerMachine], examples: int, steps: int = 40) -> None:
    """Play so many examples. Shrinking one that fails takes minutes, and so is left out."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


def test_nothing_is_found() -> None:
    search(WorkerMachine, examples=50)


@pytest.mark.soak
def test_nothing_is_found_in_a_long_search() -> None:
    search(WorkerMachine, examples=1500, steps=60)


@pytest.mark.parametrize("machine", [UnfencedMachine, pytest.param(ForgetfulMachine, marks=pytest.mark.soak)])
def test_a_planted_bug_is_found(machine: type[WorkerMachine]) -> None:
    with pytest.raises(AssertionError):
        search(seed(0)(machine), examples=2000)
