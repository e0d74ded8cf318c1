"""Each moment of a schedule starts one run, whatever happens to the processes that look."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.app.resources import resource_folder
from liteagent.app.tables import metadata
from liteagent.contracts.errors import ConfigurationError, InvalidInputError, NotFoundError
from liteagent.features.triggers.moments import rfc3339
from liteagent.features.triggers.planning import HELD_SECONDS
from liteagent.features.triggers.schemas import TriggerPatch
from liteagent.infra.db.migrate import upgrade
from liteagent.infra.db.sqlite import SqliteDatabase
from tests.unit.triggers.world import START, Killed, World

pytestmark = pytest.mark.anyio

_HOUR, _DAY = 3600.0, 86_400.0
_LONG = HELD_SECONDS + 1


async def _moments(world: World) -> list[str]:
    return [run.inputs["moment"] for run in world.runs]


async def _hourly(world: World, **fields: Any) -> str:
    made = await world.schedule(inputs={"moment": "{{ moment }}"}, **fields)
    return made.id


async def test_a_moment_starts_one_run_on_behalf_of_whoever_made_it(world: World) -> None:
    trigger_id = await _hourly(world)
    worker = world.worker()
    await worker.look()
    assert world.runs == []
    world.clock.advance(_HOUR)
    await worker.look()
    await worker.look()
    assert await _moments(world) == ["2026-06-01T01:00:00Z"]
    assert world.runs[0].principal == world.principal
    (done,) = await world.did(trigger_id)
    assert (done.status, done.event, done.key, done.attempts) == (
        "delivered",
        "schedule",
        "2026-06-01T01:00:00Z",
        1,
    )
    assert (done.run_id, done.run_status) == (world.runs[0].id, "PENDING")
    shown = await world.triggers.get(world.principal, trigger_id)
    assert shown.last == done
    assert [each.hour for each in shown.next_moments] == [2, 3, 4, 5, 6]


async def test_many_schedulers_at_once_start_it_once(world: World) -> None:
    for _ in range(3):
        await _hourly(world)
    world.clock.advance(_HOUR)
    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(world.worker().look)
    assert len(world.runs) == 3


@pytest.mark.parametrize("days", [0, 3])
async def test_killed_after_the_start_the_same_run_is_found(world: World, days: int) -> None:
    trigger_id = await _hourly(world, catch_up="skip")
    world.clock.advance(_HOUR)
    world.dies = True
    with pytest.raises(Killed):
        await world.worker().look()
    world.dies = False
    await world.worker().look()
    assert (await world.did(trigger_id))[0].status == "waiting"
    world.clock.advance(_LONG + days * (_DAY + 600))
    if days:
        await world.forget_keys()
    await world.worker().look()
    done = (await world.did(trigger_id))[0]
    assert (done.status, done.run_id) == ("delivered", world.runs[0].id)
    assert await _moments(world) == ["2026-06-01T01:00:00Z"]


@settings(deadline=None, max_examples=8)
@given(st.lists(st.tuples(st.floats(1, 3 * _HOUR), st.booleans(), st.booleans()), max_size=8))
def test_no_moment_is_missed_or_doubled_through_kills(steps: list[tuple[float, bool, bool]]) -> None:
    async def go(folder: Path) -> None:
        database = SqliteDatabase(folder / "test.db")
        try:
            await upgrade(database, resource_folder("migrations"), metadata)
            await _through_kills(World(database), steps)
        finally:
            await database.close()

    with TemporaryDirectory() as folder:
        anyio.run(go, Path(folder))


async def _through_kills(world: World, steps: list[tuple[float, bool, bool]]) -> None:
    await world.open()
    await _hourly(world, catch_up="all", catch_up_limit=100)
    for seconds, dies, forgets in steps:
        world.clock.advance(seconds)
        world.dies = dies
        with _surviving():
            await world.worker().look()
        if forgets:
            await world.forget_keys()
    world.dies = False
    for _ in range(2):
        world.clock.advance(_LONG)
        await world.worker().look()
    passed = int((world.clock.now() - START) // _HOUR)
    expected = [rfc3339(START + (each + 1) * _HOUR) for each in range(passed)]
    assert sorted(await _moments(world)) == expected


class _surviving:  # noqa: N801
    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> bool:
        return kind is Killed


@pytest.mark.parametrize(
    ("catch_up", "started", "skipped"),
    [
        ("skip", [], ["05:00"]),
        ("once", ["05:00"], ["04:00"]),
        ("all", ["03:00", "04:00", "05:00"], ["02:00"]),
    ],
)
async def test_what_was_missed_is_caught_up_with_as_chosen(
    world: World, catch_up: str, started: list[str], skipped: list[str]
) -> None:
    trigger_id = await _hourly(world, catch_up=catch_up, catch_up_limit=3)
    world.clock.advance(5 * _HOUR + 120)
    await world.worker().look()
    assert [each[11:16] for each in await _moments(world)] == started
    done = await world.did(trigger_id)
    left = [each for each in done if each.status == "skipped"]
    assert [each.key[11:16] for each in left] == skipped
    assert all(each.error and each.error["code"] == "moment_missed" for each in left)
    world.clock.advance(_HOUR - 90)
    await world.worker().look()
    assert [each[11:16] for each in await _moments(world)] == [*started, "06:00"]


async def test_what_passes_while_it_is_paused_is_not_caught_up_with(world: World) -> None:
    trigger_id = await _hourly(world, catch_up="all")
    paused = await world.triggers.update(world.principal, trigger_id, TriggerPatch(enabled=False))
    assert (paused.next_run_at, paused.next_moments) == (None, [])
    world.clock.advance(5 * _HOUR)
    await world.worker().look()
    await world.triggers.update(world.principal, trigger_id, TriggerPatch(enabled=True))
    await world.worker().look()
    assert world.runs == []
    world.clock.advance(_HOUR)
    await world.worker().look()
    assert await _moments(world) == ["2026-06-01T06:00:00Z"]


async def test_a_new_schedule_begins_with_its_next_moment(world: World) -> None:
    trigger_id = await _hourly(world)
    world.clock.advance(_HOUR)
    await world.triggers.update(
        world.principal, trigger_id, TriggerPatch(cron="30 9 * * *", timezone="Europe/Madrid")
    )
    await world.worker().look()
    assert world.runs == []
    world.clock.advance(7 * _HOUR)
    await world.worker().look()
    assert await _moments(world) == ["2026-06-01T07:30:00Z"]


async def test_a_run_that_has_not_ended_keeps_the_next_one_away_if_that_is_chosen(world: World) -> None:
    trigger_id = await _hourly(world, overlap="skip")
    for _ in range(2):
        world.clock.advance(_HOUR)
        await world.worker().look()
    await world.end(world.runs[0].id, "run.waiting_human")
    world.clock.advance(_HOUR)
    await world.worker().look()
    assert [each.status for each in await world.did(trigger_id)] == ["delivered", "skipped", "skipped"]
    assert (await world.did(trigger_id))[1].error == {
        "code": "trigger_busy",
        "message": "The run that this trigger started before has not ended.",
        "details": {},
    }
    await world.end(world.runs[0].id)
    world.clock.advance(_HOUR)
    await world.worker().look()
    assert len(world.runs) == 2


async def test_of_starts_that_are_due_together_one_keeps_the_others_away(world: World) -> None:
    await _hourly(world, overlap="skip", catch_up="all")
    world.clock.advance(4 * _HOUR)
    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(world.worker().look)
    assert len(world.runs) == 1


async def test_what_cannot_be_started_is_not_tried_again(world: World) -> None:
    trigger_id = await _hourly(world)
    world.fails = [InvalidInputError("Input 'ticket': It is required.")]
    world.clock.advance(_HOUR)
    for _ in range(3):
        await world.worker().look()
        world.clock.advance(_LONG)
    (failed,) = await world.did(trigger_id)
    assert (failed.status, failed.attempts) == ("failed", 1)
    assert failed.error
    assert failed.error["message"] == "Input 'ticket': It is required."
    again = await world.triggers.redeliver(world.principal, trigger_id, failed.id)
    assert again.status == "waiting"
    await world.worker().look()
    assert len(world.runs) == 1
    with pytest.raises(Exception, match="was started") as refused:
        await world.triggers.redeliver(world.principal, trigger_id, failed.id)
    assert getattr(refused.value, "error_code", "") == "already_started"


async def test_what_may_pass_is_tried_again_a_few_times(world: World) -> None:
    trigger_id = await _hourly(world, cron="0 0 * * *")
    world.fails = [ConfigurationError("The key cannot be read.") for _ in range(10)]
    world.clock.advance(_DAY)
    waits: list[float] = []
    while True:
        await world.worker().look()
        (tried,) = await world.did(trigger_id)
        if tried.next_attempt_at is None:
            break
        waits.append(tried.next_attempt_at.timestamp() - world.clock.now())
        world.clock.advance(waits[-1] + 0.01)
    assert (tried.status, tried.attempts) == ("failed", 6)
    assert waits == pytest.approx([10, 20, 40, 80, 160], rel=0.01)


async def test_inputs_that_cannot_be_made_are_told(world: World) -> None:
    made = await world.schedule(inputs={"x": "{{ body.x }}"})
    world.clock.advance(_HOUR)
    await world.worker().look()
    (failed,) = await world.did(made.id)
    assert (failed.status, failed.attempts) == ("failed", 0)
    assert world.runs == []


async def test_what_is_deleted_meanwhile_is_forgotten(world: World) -> None:
    trigger_id = await _hourly(world)
    world.fails = [ConfigurationError("x")]
    world.clock.advance(_HOUR)
    await world.worker().look()
    await world.triggers.delete(world.principal, trigger_id)
    world.clock.advance(_DAY)
    await world.worker().look()
    assert world.runs == []
    with pytest.raises(NotFoundError):
        await world.did(trigger_id)


async def test_the_log_is_kept_for_thirty_days(world: World) -> None:
    trigger_id = await _hourly(world, cron="0 0 1 1 *")
    worker = world.worker()
    await world.triggers.test(world.principal, trigger_id)
    world.clock.advance(29 * _DAY)
    await worker.look()
    assert len(await world.did(trigger_id)) == 1
    world.clock.advance(2 * _DAY)
    await worker.look()
    assert await world.did(trigger_id) == []


async def test_a_worker_goes_on_whatever_a_look_raises(world: World) -> None:
    await _hourly(world)
    world.clock.advance(_HOUR)
    async with world.worker():
        with anyio.fail_after(10):
            while not world.runs:  # noqa: ASYNC110  the worker tells nobody
                await anyio.sleep(0.01)
