"""A thousand runs at a time leave nothing behind; ten thousand honest ones are all left in peace."""

from collections.abc import Iterator

import pytest

from tests.sandbox.attacks.host import at_rest, memory_mb, settled
from tests.sandbox.attacks.mixture import HOSTILE, honest, mixed, play
from tests.sandbox.attacks.programs import load_cases
from tests.sandbox.attacks.scene import Scene, set_up
from tests.sandbox.attacks.service import Service, Way, ways

_CLIENTS = 8
_MOST_GROWTH_MB = 5.0


@pytest.fixture
def scene() -> Iterator[Scene]:
    with set_up() as found:
        yield found


async def _leaves_nothing(way: Way, scene: Scene, count: int) -> None:
    cases = load_cases()
    assert set(HOSTILE) <= {case.name for case in cases}
    with Service.started(way, scene) as service:
        told = scene.told(service.pid)
        await play(service, mixed(100, cases, told, seed=1), _CLIENTS)
        before, memory = at_rest(service.pid), memory_mb(service.pid)
        outcome = await play(service, mixed(count, cases, told, seed=2), _CLIENTS)
        assert outcome.wrong == []
        assert settled(service.pid, before, scene.mark) == []
        assert list(scene.changes()) == []
        # Of what lives on: the service and its servers of forks. Children that wait come and go.
        grown = {pid: now - memory[pid] for pid, now in memory_mb(service.pid).items() if pid in memory}
        assert abs(sum(grown.values())) <= _MOST_GROWTH_MB, f"MB: {grown}; {outcome.ends}"


async def test_mixed_runs_leave_nothing_behind(scene: Scene) -> None:
    await _leaves_nothing(Way(), scene, 250)


@pytest.mark.soak
@pytest.mark.parametrize("way", ways(), ids=str)
async def test_a_thousand_mixed_runs_leave_nothing_behind(way: Way, scene: Scene) -> None:
    await _leaves_nothing(way, scene, 1000)


@pytest.mark.soak
@pytest.mark.parametrize("way", ways(), ids=str)
async def test_ten_thousand_honest_runs_are_left_in_peace(way: Way, scene: Scene) -> None:
    with Service.started(way, scene) as service:
        outcome = await play(service, map(honest, range(10_000)), _CLIENTS)
    assert outcome.wrong == []
    assert outcome.ends["contained"] == 10_000
