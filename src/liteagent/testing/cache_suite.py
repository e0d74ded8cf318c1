"""What every cache must do, as tests to inherit.

    class TestMyCache(CacheSuite):
        @pytest.fixture
        def cache(self) -> Cache:
            return MyCache(...)

        async def pass_time(self, seconds: float) -> None:
            ...

pytest collects the subclass; the tests are coroutines, run by whatever plugin the project uses.
"""

import anyio

from liteagent.contracts.cache import Cache

__all__ = ["CacheSuite"]

_LONG = 60.0
_SHORT = 1.0


class CacheSuite:
    """Conformance of a cache. A subclass supplies the fixture `cache`, an empty one."""

    async def pass_time(self, seconds: float) -> None:
        """Let time pass for the cache. Override where it has a clock of its own."""
        await anyio.sleep(seconds)

    async def test_what_was_set_is_found_until_it_is_deleted(self, cache: Cache) -> None:
        """Set, get, overwrite, delete; deleting what is not there is no error."""
        assert await cache.get("key") is None
        await cache.set("key", b"\x00one\xff", _LONG)
        assert await cache.get("key") == b"\x00one\xff"
        await cache.set("key", b"", _LONG)
        assert await cache.get("key") == b""
        for _ in range(2):
            await cache.delete("key")
            assert await cache.get("key") is None

    async def test_keys_do_not_mix(self, cache: Cache) -> None:
        """Keys are told apart exactly."""
        names = ("a", "A", "a ", "a:b", "a*", "\u00e4", "a" * 300)
        for name in names:
            await cache.set(name, name.encode(), _LONG)
        assert [await cache.get(name) for name in names] == [name.encode() for name in names]

    async def test_a_value_lives_as_long_as_it_was_told(self, cache: Cache) -> None:
        """The time counts from the last write."""
        await cache.set("short", b"1", _SHORT)
        await cache.set("long", b"2", _LONG)
        await self.pass_time(_SHORT * 0.6)
        assert await cache.get("short") == b"1"
        await cache.set("short", b"3", _SHORT)
        await self.pass_time(_SHORT * 0.6)
        assert await cache.get("short") == b"3"
        await self.pass_time(_SHORT * 0.6)
        assert await cache.get("short") is None
        assert await cache.get("long") == b"2"

    async def test_a_value_is_replaced_only_while_it_is_the_old_one(self, cache: Cache) -> None:
        """None stands for nothing there."""
        assert not await cache.replace("key", b"old", b"new", _LONG)
        assert await cache.replace("key", None, b"one", _LONG)
        assert not await cache.replace("key", None, b"two", _LONG)
        assert await cache.replace("key", b"one", b"two", _LONG)
        assert await cache.get("key") == b"two"
        assert await cache.replace("key", b"two", b"three", _SHORT)
        await self.pass_time(_SHORT * 1.2)
        assert not await cache.replace("key", b"three", b"four", _LONG)
        assert await cache.replace("key", None, b"four", _LONG)

    async def test_one_of_a_hundred_replaces(self, cache: Cache) -> None:
        """Replacing is atomic."""
        done: list[bool] = []

        async def replace(number: int) -> None:
            done.append(await cache.replace("key", None, str(number).encode(), _LONG))

        async with anyio.create_task_group() as group:
            for number in range(100):
                group.start_soon(replace, number)
        assert sum(done) == 1

    async def test_a_counter_counts_every_call(self, cache: Cache) -> None:
        """Incrementing is atomic, and each caller sees a count of its own."""
        counts: list[int] = []

        async def count() -> None:
            counts.append(await cache.increment("counter", 2, _LONG))

        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(count)
        assert sorted(counts) == list(range(2, 101, 2))
        assert await cache.increment("counter", -100, _LONG) == 0

    async def test_a_counter_lives_from_its_first_count(self, cache: Cache) -> None:
        """Counting on does not lengthen its life."""
        await cache.increment("counter", 1, _SHORT)
        await self.pass_time(_SHORT * 0.6)
        assert await cache.increment("counter", 1, _SHORT) == 2
        await self.pass_time(_SHORT * 0.6)
        assert await cache.increment("counter", 1, _SHORT) == 1
