"""The suite bites: without a layer, every program that only this layer holds gets through."""

from collections.abc import Iterator

import pytest

from tests.sandbox.attacks.programs import Case, load_cases
from tests.sandbox.attacks.scene import Scene, set_up
from tests.sandbox.attacks.service import Service, Way, ways
from tests.sandbox.attacks.verdict import Arena

_FEWEST = 1
LAYERS = [("seccomp",), ("namespaces",), ("landlock",), ("namespaces", "landlock")]


@pytest.fixture
def scene() -> Iterator[Scene]:
    with set_up() as found:
        yield found


def _only_held_by(way: Way, without: tuple[str, ...]) -> list[Case]:
    missing = {*without, *(["namespaces"] if way.contained else [])}
    return [
        case for case in load_cases() if case.held_by and case.held_by <= missing and way.level in case.levels
    ]


MUTATIONS = [
    pytest.param(way, without, id=f"{way}-without-{'-'.join(without)}")
    for way in ways()
    if way.is_usual
    for without in LAYERS
    if len(_only_held_by(way, without)) >= _FEWEST and not (way.contained and "namespaces" in without)
]


@pytest.mark.parametrize(("way", "without"), MUTATIONS)
def test_without_a_layer_the_suite_fails(scene: Scene, way: Way, without: tuple[str, ...]) -> None:
    settings = (("SANDBOX_WITHOUT", ",".join(without)), ("SANDBOX_ALLOW_WEAK", "1"))
    with Service.started(Way(way.user, way.contained, settings), scene) as service:
        arena = Arena(service, scene, way.level)
        still_held = [case.name for case in _only_held_by(way, without) if not arena.breaches(case)]
    assert still_held == []


def test_every_layer_is_taken_down_once() -> None:
    taken = {layer for mutation in MUTATIONS for layer in mutation.values[1]}  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
    assert taken == {"namespaces", "landlock", "seccomp"}
