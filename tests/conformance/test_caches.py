"""Every cache keeps the contract."""

import pytest

from liteagent.contracts.cache import Cache
from liteagent.infra.cache.memory import MemoryCache
from liteagent.testing import CacheSuite, ManualClock


class TestMemoryCache(CacheSuite):
    """In this process's memory."""

    clock = ManualClock()

    @pytest.fixture
    def cache(self) -> Cache:
        return MemoryCache(self.clock)

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)


async def test_a_full_memory_cache_forgets_what_was_longest_not_touched() -> None:
    cache = MemoryCache(ManualClock(), limit=2)
    await cache.set("a", b"1", 60)
    await cache.set("b", b"2", 60)
    assert await cache.get("a") == b"1"
    await cache.set("c", b"3", 60)
    assert [await cache.get(key) for key in "abc"] == [b"1", None, b"3"]
