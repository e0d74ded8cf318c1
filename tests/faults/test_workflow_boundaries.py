"""A worker process is killed right before or after each append of a flow; the next goes on by itself."""

from collections.abc import AsyncGenerator, Callable
from itertools import count
from pathlib import Path
from signal import SIGKILL

import pytest

from tests.faults.workflow.failing import When
from tests.faults.workflow.planted import BUGS
from tests.faults.workflow.stage import Stage, open_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    """Over a file."""
    async with open_stage(f"sqlite:///{tmp_path / 'runs.db'}") as stage:
        yield stage


async def play(
    stage: Stage, steps: int, death: Callable[[int], tuple[int, When] | None], bug: str = ""
) -> tuple[int, list[str]]:
    """Life after life; `death` says at which append each ends. The kills, and what is wrong at the end."""
    run_id = await stage.start(steps)
    for kills in count():
        at, when = death(kills) or (0, "before")
        member = await stage.begin(run_id=run_id, die_at=at, die_when=when, bug=bug)
        await member.end()
        assert kills < 3 * steps + 10, "it does not get to its end"
        if member.code != -SIGKILL:
            assert member.code == 0, member.said
            return kills, await stage.problems(run_id, steps, kills)
    raise AssertionError


async def sweep(stage: Stage, steps: int, when: When, bug: str = "") -> list[str]:
    """Play after play, killed once at the n-th append in the n-th; what is wrong, over all of them."""
    problems: list[str] = []
    for n in count(1):
        kills, found = await play(stage, steps, lambda life, n=n: (n, when) if life == 0 else None, bug)
        problems += [f"killed {when} append {n}: {each}" for each in found]
        if kills == 0:
            assert n == steps + 2, "an append for the claim, and one for each result"
            return problems
    raise AssertionError


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_each_append(stage: Stage, when: When) -> None:
    assert await sweep(stage, 4, when) == []


@pytest.mark.parametrize("when", ["before", "after"])
async def test_every_worker_is_killed_as_soon_as_it_got_one_step_further(stage: Stage, when: When) -> None:
    """Before its second append a worker has done a step and told nobody: the next repeats it with its key."""
    kills, problems = await play(
        stage, 6, lambda life: (1 + life % 3, "after") if when == "after" else (2 + life % 2, when)
    )
    assert kills >= 3
    assert problems == []


@pytest.mark.soak
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_flow_of_fifty_steps_killed_at_each_append(stage: Stage, when: When) -> None:
    assert await sweep(stage, 50, when) == []


@pytest.mark.parametrize("bug", ["early ack", "no key", "new key"])
async def test_a_planted_bug_is_found(stage: Stage, bug: str) -> None:
    assert BUGS[bug]
    problems = await sweep(stage, 2, "before", bug)
    assert any("took effect 2 times" in each for each in problems), problems
