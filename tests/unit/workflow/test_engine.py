"""The library engine's public face, on a journal in memory and in a file."""

import threading
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path

import anyio
import pytest

from liteagent.contracts.errors import ConflictError, FencedError, InvalidInputError, NotFoundError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Event, History, NewRun, Rider, RunRecord, RunStatus, Snapshot
from liteagent.engine.workflow.builder import WorkflowBuilder
from liteagent.engine.workflow.engine import WorkflowEngine
from liteagent.engine.workflow.extensions import WorkflowExtensions
from liteagent.engine.workflow.state import WorkflowDefinition, WorkflowState
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.infra.system import SystemClock


def counting(steps: int = 3) -> WorkflowDefinition:
    """Adds one to `n` in each step."""
    builder = WorkflowBuilder("count", "Count").add_start().add_end()
    names = ["start", *(f"s{number}" for number in range(steps)), "end"]
    for name in names[1:-1]:
        builder.add_function(name, _one_more, "idempotent")
    for before, after in pairwise(names):
        builder.connect(before, after)
    return builder.build()


def asking() -> WorkflowDefinition:
    """Asks a person in the middle."""
    builder = WorkflowBuilder("ask", "Ask").add_start().add_function("add", _one_more, "idempotent")
    builder.add_human("ask", question="Is {{ add.output.n }} right?", options=["yes", "no"])
    builder.add_end(outputs={"n": "{{ add.output.n }}", "said": "{{ ask.output }}"})
    return builder.connect("start", "add").connect("add", "ask").connect("ask", "end").build()


def seen_of(state: WorkflowState) -> tuple[str, int, RunStatus, JsonObject]:
    """What is the same of two readings of a run, each with a workflow of its own."""
    return state.run_id, state.seq, state.status, state.outputs


def _one_more(inputs: JsonObject) -> JsonObject:
    number = inputs["n"]
    assert isinstance(number, int)
    return {"n": number + 1}


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    return None if request.param == "memory" else f"sqlite:///{tmp_path / 'runs.db'}"


@pytest.fixture
async def engine(store: str | None) -> AsyncIterator[WorkflowEngine]:
    async with engine_on(store) as engine:
        yield engine


def engine_on(store: "CountingJournal | str | None", *workflows: WorkflowDefinition) -> WorkflowEngine:
    return WorkflowEngine(store, workflows=workflows, extensions=WorkflowExtensions())


async def test_a_run_goes_from_launch_to_its_outputs(engine: WorkflowEngine) -> None:
    state = engine.launch(counting(), {"n": 1})
    assert (state.seq, state.status) == (1, RunStatus.PENDING)
    state = await engine.run_to_completion(state)
    assert (state.status, state.outputs) == (RunStatus.COMPLETED, {"n": 4})
    assert seen_of(await engine.state(state.run_id)) == seen_of(state)
    assert await engine.run_to_completion(state) is state


async def test_nothing_is_kept_of_what_is_only_launched(engine: WorkflowEngine) -> None:
    state = engine.launch(counting(), {"n": 1})
    assert await engine.events(state.run_id) == ()
    with pytest.raises(NotFoundError):
        await engine.state(state.run_id)


async def test_inputs_are_what_the_journal_keeps(engine: WorkflowEngine) -> None:
    given: dict[str, JsonValue] = {"n": 1, "pair": (1, 2), "none": float("nan")}
    state = engine.launch(counting(1), given)
    given["n"] = 100
    assert state.inputs == {"n": 1, "pair": [1, 2], "none": None}
    state = await engine.run_to_completion(state)
    assert (await engine.events(state.run_id))[0].payload["inputs"] == state.inputs
    with pytest.raises(InvalidInputError, match="JSON"):
        engine.launch(counting(1), {"n": 1 << 80})


async def test_steps_lead_to_the_same_end(engine: WorkflowEngine) -> None:
    state = engine.launch(counting(), {"n": 1})
    seen: list[int] = []
    while not state.status.ended:
        state = await engine.step(state)
        seen.append(state.seq)
        assert seen_of(await engine.state(state.run_id)) == seen_of(state)
    assert state.outputs == {"n": 4}
    assert len(seen) == 3
    assert await engine.step(state) is state
    types = [event.type for event in await engine.events(state.run_id)]
    assert types.count("run.claimed") == 1


async def test_a_run_may_be_stepped_and_then_left_to_run(engine: WorkflowEngine) -> None:
    state = await engine.step(engine.launch(counting(), {"n": 1}))
    assert (await engine.run_to_completion(state)).outputs == {"n": 4}


async def test_an_old_state_is_refused(engine: WorkflowEngine) -> None:
    launched = engine.launch(counting(), {"n": 1})
    first = await engine.step(launched)
    with pytest.raises(FencedError, match="has gone on"):
        await engine.step(launched)
    with pytest.raises(FencedError, match="has gone on"):
        await engine.run_to_completion(launched)
    second = await engine.step(first)
    with pytest.raises(FencedError, match="has gone on"):
        await engine.step(first)
    assert (await engine.run_to_completion(second)).outputs == {"n": 4}


async def test_of_two_steps_at_once_one_wins(engine: WorkflowEngine) -> None:
    state = await engine.step(engine.launch(counting(), {"n": 1}))
    refused: list[FencedError] = []

    async def step() -> None:
        try:
            await engine.step(state)
        except FencedError as error:
            refused.append(error)

    async with anyio.create_task_group() as group:
        group.start_soon(step)
        group.start_soon(step)
    assert len(refused) == 1
    assert [event.type for event in await engine.events(state.run_id)].count("node.completed") <= 3


async def test_a_worker_elsewhere_fences_a_run_between_two_steps(tmp_path: Path) -> None:
    store, flow = f"sqlite:///{tmp_path / 'runs.db'}", counting()
    async with engine_on(store) as here, engine_on(store, flow) as there:
        state = await here.step(here.launch(flow, {"n": 1}))
        assert (await there.resume(state.run_id)).outputs == {"n": 4}
        with pytest.raises(FencedError):
            await here.step(state)


async def test_a_question_waits_for_its_answer(engine: WorkflowEngine) -> None:
    state = await engine.run_to_completion(engine.launch(asking(), {"n": 1}))
    assert state.status is RunStatus.WAITING_HUMAN
    assert await engine.step(state) == state
    assert await engine.run_to_completion(state) == state
    with pytest.raises(InvalidInputError):
        await engine.resume(state.run_id, answer="perhaps")
    state = await engine.resume(state.run_id, answer="yes")
    assert state.outputs == {"n": 2, "said": "yes"}
    with pytest.raises(ConflictError):
        await engine.resume(state.run_id, answer="yes")
    with pytest.raises(NotFoundError):
        await engine.resume("01900000-0000-7000-8000-000000000000")


async def test_a_paused_run_goes_on_when_resumed(engine: WorkflowEngine) -> None:
    state = await engine.step(engine.launch(counting(), {"n": 1}))
    paused = await engine.pause(state.run_id)
    with pytest.raises(FencedError):
        await engine.step(state)
    paused = await engine.step(paused)
    assert paused.status is RunStatus.PAUSED
    assert await engine.step(paused) == paused
    assert (await engine.resume(state.run_id)).outputs == {"n": 4}
    with pytest.raises(ConflictError):
        await engine.pause(state.run_id)


async def test_a_cancelled_run_takes_nothing_more(engine: WorkflowEngine) -> None:
    state = await engine.step(engine.launch(counting(), {"n": 1}))
    cancelled = await engine.cancel(state.run_id)
    assert cancelled.status is RunStatus.CANCELLED
    with pytest.raises(FencedError):
        await engine.step(state)
    assert seen_of(await engine.resume(state.run_id)) == seen_of(cancelled)
    with pytest.raises(ConflictError):
        await engine.cancel(state.run_id)


async def test_cancelling_reaches_what_is_running(engine: WorkflowEngine) -> None:
    begun = anyio.Event()

    async def forever(_inputs: JsonObject) -> JsonObject:
        begun.set()
        await anyio.sleep_forever()
        return {}

    flow = WorkflowBuilder("long", "Long").add_start().add_function("wait", forever, "safe").add_end()
    state = engine.launch(flow.connect("start", "wait").connect("wait", "end").build())
    ended: list[RunStatus] = []

    async def run() -> None:
        ended.append((await engine.run_to_completion(state)).status)

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        await begun.wait()
        await engine.cancel(state.run_id)
    assert ended == [RunStatus.CANCELLED]


async def test_a_fork_shares_the_beginning(engine: WorkflowEngine) -> None:
    state = await engine.run_to_completion(engine.launch(asking(), {"n": 1}))
    state = await engine.resume(state.run_id, answer="yes")
    events = await engine.events(state.run_id)
    started = next(event for event in events if event.type == "node.started")
    fork = await engine.fork(state.run_id, at=started.seq - 1, patch={"outputs": {"start": {"n": 10}}})
    assert fork.run_id != state.run_id
    fork = await engine.run_to_completion(fork)
    assert fork.status is RunStatus.WAITING_HUMAN
    assert (await engine.resume(fork.run_id, answer="no")).outputs == {"n": 11, "said": "no"}
    assert await engine.events(state.run_id) == events
    with pytest.raises(InvalidInputError):
        await engine.fork(state.run_id, at=99)


async def test_a_replay_decides_the_same_and_tells_a_difference(engine: WorkflowEngine) -> None:
    state = await engine.run_to_completion(engine.launch(counting(), {"n": 1}))
    same = await engine.replay(state.run_id)
    assert same.difference is None
    assert (await engine.replay(state.run_id, counting())).difference is None
    assert (await engine.replay(state.run_id, asking())).difference is not None
    with pytest.raises(NotFoundError):
        await engine.replay("01900000-0000-7000-8000-000000000000", counting())


async def test_what_a_crash_left_is_recovered(tmp_path: Path) -> None:
    store, flow = f"sqlite:///{tmp_path / 'runs.db'}", counting()
    async with engine_on(store) as before:
        left = [await before.step(before.launch(flow, {"n": n})) for n in (1, 2)]
        waiting = await before.run_to_completion(before.launch(asking(), {"n": 1}))
    async with engine_on(store, flow, asking()) as after:
        recovered = await after.recover()
        assert [(state.run_id, state.outputs["n"]) for state in recovered] == [
            (state.run_id, n + 3) for state, n in zip(left, (1, 2), strict=True)
        ]
        assert await after.recover() == ()
        assert (await after.resume(waiting.run_id, answer="no")).outputs == {"n": 2, "said": "no"}


async def test_a_closed_engine_opens_its_file_again(tmp_path: Path) -> None:
    engine = engine_on(f"sqlite:///{tmp_path / 'runs.db'}")
    state = await engine.step(engine.launch(counting(), {"n": 1}))
    await engine.aclose()
    await engine.aclose()
    assert (await engine.run_to_completion(state)).outputs == {"n": 4}
    await engine.aclose()


async def test_a_journal_that_was_given_is_left_open() -> None:
    journal = CountingJournal()
    async with engine_on(journal) as engine:
        state = await engine.run_to_completion(engine.launch(counting(), {"n": 1}))
    assert (await journal.get(state.run_id)).status is RunStatus.COMPLETED


async def test_fifty_first_runs_at_once_open_one_journal(tmp_path: Path) -> None:
    before, flow, outputs = writers(), counting(), list[object]()
    engine = engine_on(f"sqlite:///{tmp_path / 'runs.db'}")

    async def run(number: int) -> None:
        state = await engine.run_to_completion(engine.launch(flow, {"n": number}))
        outputs.append(state.outputs["n"])

    async with engine:
        async with anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(run, number)
        assert len(writers() - before) == 1
    assert writers() <= before
    assert set(outputs) == {number + 3 for number in range(50)}


def writers() -> set[threading.Thread]:
    """The threads that write to database files: one for each that is open."""
    return {thread for thread in threading.enumerate() if thread.name == "liteagent-writer"}


@pytest.mark.parametrize("steps", [1, 3, 10])
async def test_a_run_of_n_steps_costs_n_and_two_commits_and_reads_nothing(steps: int) -> None:
    journal = CountingJournal()
    async with engine_on(journal) as engine:
        await engine.run_to_completion(engine.launch(counting(steps), {"n": 0}))
    assert (journal.commits, journal.reads) == (steps + 2, 0)


async def test_steps_read_nothing_that_this_engine_knows() -> None:
    journal = CountingJournal()
    async with engine_on(journal) as engine:
        state = engine.launch(counting(3), {"n": 0})
        while not state.status.ended:
            state = await engine.step(state)
    assert (journal.commits, journal.reads) == (1 + 2 * 3 + 1, 0)


async def test_the_default_store_keeps_a_thousand_ended_runs() -> None:
    flow = counting(1)
    async with engine_on(None) as engine:
        waiting = await engine.run_to_completion(engine.launch(asking(), {"n": 0}))
        first, *others = [await engine.run_to_completion(engine.launch(flow, {"n": n})) for n in range(1_001)]
        with pytest.raises(NotFoundError):
            await engine.state(first.run_id)
        assert seen_of(await engine.state(others[0].run_id)) == seen_of(others[0])
        assert (await engine.resume(waiting.run_id, answer="yes")).status is RunStatus.COMPLETED


class CountingJournal(MemoryJournal):
    """Counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.commits = self.reads = 0

    async def start(self, run: NewRun, riders: Sequence[Rider] = (), events: Sequence[Event] = ()) -> Event:
        self.commits += 1
        return await super().start(run, riders, events)

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        self.commits += 1
        return await super().append(events, riders, snapshot)

    async def get(self, run_id: str) -> RunRecord:
        self.reads += 1
        return await super().get(run_id)

    async def history(self, run_id: str, up_to: int | None = None) -> History:
        self.reads += 1
        return await super().history(run_id, up_to)

    async def read(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        self.reads += 1
        return await super().read(run_id, after, limit)
