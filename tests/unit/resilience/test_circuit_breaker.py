"""The circuit: pure transitions, and shared by many callers."""

import anyio
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from liteagent.contracts.cache import Cache
from liteagent.contracts.errors import ProviderRequestError, ProviderUnavailableError
from liteagent.contracts.llm import LLMRequest, complete
from liteagent.contracts.messages import Message, Role
from liteagent.engine.resilience.circuit_breaker import (
    Admission,
    BreakerPolicy,
    Circuit,
    CircuitOpenError,
    Outcome,
    SharedCircuit,
)
from liteagent.engine.resilience.resilient_llm import Breaking
from liteagent.infra.cache.memory import MemoryCache
from liteagent.testing import Hang, ManualClock, ScriptedLLM

_POLICY = BreakerPolicy(failures=3, within=60, open_for=30, probe_for=20)
_REQUEST = LLMRequest((Message(Role.USER, "Hi"),))


class _Machine(RuleBasedStateMachine):
    """Callers come, go, fail, succeed and vanish in any order while time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.circuit = Circuit()
        self.now = 1000.0
        self.calls: list[Admission] = []
        self.probe_since: float | None = None

    @rule(seconds=st.floats(0, 50))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def come(self) -> None:
        phase = self.circuit.phase(_POLICY, self.now)
        circuit, said = self.circuit.admit(_POLICY, self.now)
        if phase == "open":
            assert not isinstance(said, Admission)
            assert 0 < said.seconds <= _POLICY.open_for
        if phase == "closed":
            assert isinstance(said, Admission)
            assert circuit is self.circuit
        if phase == "half_open":
            free = self.probe_since is None or self.now - self.probe_since >= _POLICY.probe_for
            assert isinstance(said, Admission) == free
            self.probe_since = self.now if free else self.probe_since
        self.circuit = circuit
        if isinstance(said, Admission):
            self.calls.append(said)

    @precondition(lambda self: bool(self.calls))
    @rule(data=st.data(), outcome=st.sampled_from(["succeeded", "failed", "left"]))
    def end(self, data: st.DataObject, outcome: Outcome) -> None:
        call = self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))
        before = self.circuit
        after = before.after(call, outcome, _POLICY, self.now)
        if call.epoch != before.epoch:
            assert after == before, "what was admitted before the circuit turned changes nothing"
        elif call.probe:
            self.probe_since = None
            phase = after.phase(_POLICY, self.now)
            assert phase == {"succeeded": "closed", "failed": "open", "left": "half_open"}[outcome]
        elif outcome == "failed":
            opened = after.opened_at is not None
            assert opened == (after.epoch > before.epoch)
            assert not opened or before.failures >= _POLICY.failures - 1
        self.circuit = after

    @invariant()
    def it_survives_the_cache(self) -> None:
        assert Circuit.from_bytes(self.circuit.to_bytes()) == self.circuit


TestCircuit = _Machine.TestCase


def test_failures_far_apart_are_no_row() -> None:
    circuit, now = Circuit(), 0.0
    for _ in range(10):
        now += _POLICY.within + 1
        circuit = circuit.after(Admission(0), "failed", _POLICY, now)
    assert circuit.phase(_POLICY, now) == "closed"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cache(clock: ManualClock) -> Cache:
    return MemoryCache(clock)


async def _open(circuit: SharedCircuit) -> None:
    for _ in range(_POLICY.failures):
        await circuit.leave(await circuit.enter(), "failed")
    assert await circuit.phase() == "open"


async def test_half_open_admits_exactly_one_probe_of_a_hundred_callers(
    cache: Cache, clock: ManualClock
) -> None:
    circuit = SharedCircuit(cache, "breaker:p", _POLICY, clock)
    await _open(circuit)
    clock.advance(_POLICY.open_for)
    llm = ScriptedLLM([Hang()])
    refused: list[CircuitOpenError] = []

    async def call() -> None:
        # Each caller has a circuit object of its own, as each process does.
        mine = Breaking(llm, SharedCircuit(_Slow(cache), "breaker:p", _POLICY, clock))
        try:
            await complete(mine, _REQUEST)
        except CircuitOpenError as error:
            refused.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(call)
        with anyio.fail_after(5):
            while len(refused) < 99:
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    assert len(llm.requests) == 1
    assert all(0 < (error.retry_after or 0) <= _POLICY.probe_for for error in refused)
    assert await circuit.phase() == "half_open"
    assert (await circuit.enter()).probe, "a probe whose caller went away makes room for the next"


class _Slow:
    """A cache with an await between every two steps, as over a network."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def get(self, key: str) -> bytes | None:
        value = await self._cache.get(key)
        await anyio.lowlevel.checkpoint()
        return value

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        await self._cache.set(key, value, ttl)

    async def replace(self, key: str, old: bytes | None, new: bytes, ttl: float) -> bool:
        await anyio.lowlevel.checkpoint()
        return await self._cache.replace(key, old, new, ttl)

    async def increment(self, key: str, by: int, ttl: float) -> int:
        return await self._cache.increment(key, by, ttl)

    async def delete(self, key: str) -> None:
        await self._cache.delete(key)

    async def aclose(self) -> None:
        await self._cache.aclose()


async def test_a_provider_that_is_down_is_left_alone_and_then_asked_again(
    cache: Cache, clock: ManualClock
) -> None:
    failures: list[Exception] = [ProviderUnavailableError("down")] * 4
    llm = ScriptedLLM([lambda _: failures.pop() if failures else "back"])
    breaking = Breaking(llm, SharedCircuit(cache, "breaker:p", _POLICY, clock))
    for _ in range(3):
        with pytest.raises(ProviderUnavailableError):
            await complete(breaking, _REQUEST)
    with pytest.raises(CircuitOpenError, match="left alone") as caught:
        await complete(breaking, _REQUEST)
    assert (len(llm.requests), caught.value.retry_after) == (3, 30)
    clock.advance(30)
    with pytest.raises(ProviderUnavailableError, match="down"):
        await complete(breaking, _REQUEST)
    with pytest.raises(CircuitOpenError):
        await complete(breaking, _REQUEST)
    clock.advance(30)
    for _ in range(2):
        assert (await complete(breaking, _REQUEST)).message.content == "back"


async def test_a_provider_that_refuses_is_not_down(cache: Cache, clock: ManualClock) -> None:
    circuit = SharedCircuit(cache, "breaker:p", _POLICY, clock)
    breaking = Breaking(ScriptedLLM([ProviderRequestError("unknown model")]), circuit)
    for _ in range(9):
        with pytest.raises(ProviderRequestError):
            await complete(breaking, _REQUEST)
    assert await circuit.phase() == "closed"
