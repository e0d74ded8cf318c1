"""What was read a moment ago is not read again, and what is old or forgotten is."""

import pytest

from liteagent.infra.cache.fresh import Fresh
from liteagent.testing import ManualClock


class Source:
    """Something that takes long to read."""

    def __init__(self) -> None:
        self.reads = 0

    async def read(self) -> int:
        self.reads += 1
        return self.reads


async def test_a_value_is_read_anew_when_it_is_old() -> None:
    clock, source = ManualClock(), Source()
    fresh: Fresh[str, int] = Fresh(clock, 5.0)
    assert await fresh.get("a", source.read) == 1
    clock.advance(4.9)
    assert await fresh.get("a", source.read) == 1
    clock.advance(0.1)
    assert await fresh.get("a", source.read) == 2


async def test_a_forgotten_value_is_read_anew_and_its_neighbour_is_not() -> None:
    source = Source()
    fresh: Fresh[str, int] = Fresh(ManualClock(), 5.0)
    assert [await fresh.get(key, source.read) for key in ("a", "b")] == [1, 2]
    fresh.forget("a")
    fresh.forget("never there")
    assert [await fresh.get(key, source.read) for key in ("a", "b")] == [3, 2]
    fresh.clear()
    assert [await fresh.get(key, source.read) for key in ("a", "b")] == [4, 5]


async def test_no_more_are_kept_than_allowed() -> None:
    source = Source()
    fresh: Fresh[int, int] = Fresh(ManualClock(), 5.0, most=2)
    assert [await fresh.get(key, source.read) for key in (1, 2, 3, 3, 1)] == [1, 2, 3, 3, 4]


async def test_a_failure_is_not_kept() -> None:
    source = Source()
    fresh: Fresh[str, int] = Fresh(ManualClock(), 5.0)

    async def fail() -> int:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await fresh.get("a", fail)
    assert await fresh.get("a", source.read) == 1
