"""Tasks that perform effects side by side: as few as can be, and none that keeps others waiting."""

import anyio
import anyio.lowlevel

from liteagent.engine.runs.crew import Crew
from liteagent.engine.runs.performing import Outcome
from liteagent.engine.runs.protocol import EffectResult

_MANY = 100


def _outcome(seq: int) -> Outcome:
    return Outcome(seq, "step.completed", EffectResult())


def _taken(crew: Crew[None]) -> list[int]:
    taken: list[int] = []
    while outcome := crew.take():
        taken.append(outcome.request)
    return taken


async def test_effects_that_never_wait_share_one_task() -> None:
    tasks: set[int] = set()

    async def perform(seq: int, _state: None) -> Outcome:
        tasks.add(anyio.get_current_task().id)
        return _outcome(seq)

    crew: Crew[None] = Crew(perform)
    async with anyio.create_task_group() as group:
        for seq in range(_MANY):
            crew.begin(group, seq, None)
        assert crew.busy
        assert await crew.wait(None) is False
        assert _taken(crew) == list(range(_MANY))
    assert len(tasks) == 1
    assert not crew.busy


async def test_effects_that_wait_are_all_begun_soon() -> None:
    begun: list[int] = []
    turns = 0
    held = anyio.Event()

    async def perform(seq: int, _state: None) -> Outcome:
        begun.append(seq)
        await held.wait()
        return _outcome(seq)

    crew: Crew[None] = Crew(perform)
    async with anyio.create_task_group() as group:
        for seq in range(_MANY):
            crew.begin(group, seq, None)
        while len(begun) < _MANY:
            await anyio.lowlevel.checkpoint()
            turns += 1
        assert turns < 20
        held.set()
    assert sorted(_taken(crew)) == list(range(_MANY))


async def test_a_wait_is_over_at_its_time_or_when_the_crew_is_woken() -> None:
    async def perform(seq: int, _state: None) -> Outcome:
        await anyio.sleep_forever()
        return _outcome(seq)

    crew: Crew[None] = Crew(perform)
    async with anyio.create_task_group() as group:
        crew.begin(group, 1, None)
        assert await crew.wait(0.0) is True
        crew.wake()
        assert await crew.wait(None) is False
        assert crew.take() is None
        assert crew.performing == {1}
        group.cancel_scope.cancel()
    crew.stop()
