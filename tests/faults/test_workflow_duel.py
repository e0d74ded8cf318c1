"""Two worker processes resume one run at the same moment: one wins, the other is fenced and says so."""

import asyncio
import os
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest

from liteagent.contracts.errors import FencedError
from liteagent.contracts.runs import RunStatus
from liteagent.engine.workflow.builder import WorkflowBuilder
from liteagent.engine.workflow.engine import WorkflowEngine
from liteagent.engine.workflow.state import WorkflowDefinition
from tests.faults.workflow.planted import BUGS
from tests.faults.workflow.stage import Stage, open_stage
from tests.services.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

STEPS = 5
WHY = ("was taken by another worker", "was ended meanwhile: COMPLETED")


def seed() -> int:
    """Of the moments; FAULT_SEED in the environment replays another's."""
    return int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(1_000_000))


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    """Over a file; an answer of the receiver takes some milliseconds, so that both are at it."""
    async with open_stage(f"sqlite:///{tmp_path / 'runs.db'}", delay=0.005) as stage:
        yield stage


@pytest.fixture
async def postgres(request: pytest.FixtureRequest) -> AsyncGenerator[Stage]:
    """The same over Postgres."""
    async with open_stage(request.getfixturevalue("postgres_url"), delay=0.005) as stage:
        yield stage


async def duel(stage: Stage, delays: random.Random, bug: str = "") -> tuple[int, list[str]]:
    """How many of two processes were fenced, and what is wrong with the run."""
    run_id = await stage.start(STEPS)
    at = time.time() + 0.03
    rivals = [
        await stage.begin(run_id=run_id, start_at=at + delays.uniform(0, 0.015), bug=bug) for _ in range(2)
    ]
    codes = [await rival.end() for rival in rivals]
    fenced = [line for rival in rivals for line in rival.logged if line.startswith("fenced: ")]
    problems = await stage.problems(run_id, STEPS, repeats=1)
    problems += [
        f"a worker ended with {rival.said}" for rival, code in zip(rivals, codes, strict=True) if code
    ]
    problems += [f"unclear: {line}" for line in fenced if run_id not in line or not any(map(line.count, WHY))]
    return len(fenced), problems


async def duels(stage: Stage, rounds: int) -> int:
    """Duel after duel; how many were fenced in all."""
    number = seed()
    delays, fenced = random.Random(number), 0
    for each in range(rounds):
        losers, problems = await duel(stage, delays)
        assert problems == [], f"FAULT_SEED={number}, duel {each}"
        assert losers <= 1, f"FAULT_SEED={number}, duel {each}: the winner was fenced as well"
        fenced += losers
    return fenced


async def test_the_loser_is_fenced_and_says_so(stage: Stage) -> None:
    assert await duels(stage, 15) >= 2, "most of the time both are at it"


async def test_the_loser_is_fenced_on_postgres_too(postgres: Stage) -> None:
    assert await duels(postgres, 8) >= 1


@pytest.mark.soak
async def test_the_loser_is_fenced_fifty_times(stage: Stage, postgres: Stage) -> None:
    assert await duels(stage, 50) >= 15
    assert await duels(postgres, 50) >= 15


async def test_a_programs_own_engine_raises_that_it_was_fenced(tmp_path: Path) -> None:
    """Two engines over one file: the second goes on with a run at which the first is in the middle."""
    begun, go_on = asyncio.Event(), asyncio.Event()
    calls: list[int] = []

    async def step(inputs: dict[str, int]) -> dict[str, int]:
        calls.append(inputs["n"])
        if len(calls) == 1:
            begun.set()
            await go_on.wait()
        return {"n": inputs["n"] + 1}

    flow = _flow(step)
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    async with WorkflowEngine(url, workflows=[flow]) as one, WorkflowEngine(url, workflows=[flow]) as two:
        state = one.launch(flow, {"n": 0})
        first = asyncio.create_task(one.run_to_completion(state))
        await begun.wait()
        end = await two.resume(state.run_id)
        go_on.set()
        with pytest.raises(FencedError, match=state.run_id):
            await first
        types = [event.type for event in await two.events(state.run_id)]
    assert (end.status, end.outputs) == (RunStatus.COMPLETED, {"n": STEPS})
    assert calls == [0, *range(STEPS)], "one raw repeat"
    assert types.count("run.completed") == 1
    assert types.count("node.completed") == STEPS + 2


def _flow(step: Callable[[dict[str, int]], Awaitable[dict[str, int]]]) -> WorkflowDefinition:
    names = ["start", *(f"s{number}" for number in range(1, STEPS + 1)), "end"]
    builder = WorkflowBuilder("count").add_start(inputs={"n": {"type": "integer"}})
    for name in names[1:-1]:
        builder = builder.add_function(name, step, "idempotent")
    builder = builder.add_end()
    for source, target in pairwise(names):
        builder = builder.connect(source, target)
    return builder.build()


async def test_without_the_fence_it_is_found(stage: Stage) -> None:
    assert BUGS["fence off"]
    delays = random.Random(1)
    found: list[str] = []
    for _ in range(30):  # whether both perform one step, or each the other's next, is a matter of timing
        found += (await duel(stage, delays, "fence off"))[1]
        if any("took effect 2 times" in each for each in found):
            return
    pytest.fail(f"two workers without a fence were not noticed: {found}")
