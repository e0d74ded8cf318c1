"""Every hostile program is contained, by whomever and wherever the service was started."""

from dataclasses import replace

import pytest

from tests.sandbox.attacks.mixture import HOSTILE
from tests.sandbox.attacks.programs import Case, load_cases
from tests.sandbox.attacks.service import Way
from tests.sandbox.attacks.verdict import Arena

CASES = {case.name: case for case in load_cases()}


def _at(level: str, name: str) -> Case:
    """A level that lets a program look still lets it touch nothing and learn no secret."""
    case = CASES[name]
    return case if level in case.levels else replace(case, any_result=True)


@pytest.fixture(scope="module")
def suspects(request: pytest.FixtureRequest, arena: Arena) -> set[str]:
    """All that were asked for have been run, many at a time; whoever is suspected is run again alone."""
    names = {name for item in request.session.items for name in [_crowded(item, arena.way)] if name}
    return arena.suspects([_at(arena.level, name) for name in sorted(names)])


def _crowded(item: pytest.Item, way: Way | None) -> str:
    called = getattr(item, "callspec", None)
    if called is None or called.params.get("arena") != way:
        return ""
    return called.params.get("crowded", "")


@pytest.mark.parametrize("crowded", CASES)
def test_it_is_held_among_others(arena: Arena, suspects: set[str], crowded: str) -> None:
    if crowded in suspects:
        assert arena.faults(_at(arena.level, crowded)) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_the_next_request_is_answered_at_once(arena: Arena, name: str) -> None:
    assert arena.faults(_at(arena.level, name)) == []


@pytest.mark.soak
@pytest.mark.parametrize("name", CASES)
def test_it_is_held_alone(arena: Arena, name: str) -> None:
    assert arena.faults(_at(arena.level, name)) == []


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 120
    assert {case.language for case in CASES.values()} == {"python3", "nodejs", "jinja2"}
