"""The wrappers around one model: time, places, and all of them together."""

import anyio
import pytest

from liteagent.contracts.errors import ProviderTimeoutError, ProviderUnavailableError
from liteagent.contracts.llm import LLM, LLMRequest, complete
from liteagent.contracts.messages import Message, Role
from liteagent.engine.resilience.circuit_breaker import BreakerPolicy, SharedCircuit
from liteagent.engine.resilience.rate_limiter import ConcurrencyLimiter
from liteagent.engine.resilience.resilient_llm import Limited, TimeLimited, resilient
from liteagent.engine.resilience.retry import RetryPolicy
from liteagent.infra.cache.memory import MemoryCache
from liteagent.testing import Hang, LLMSuite, ManualClock, ScriptedLLM

_REQUEST = LLMRequest((Message(Role.USER, "Hi"),))


def _wrapped(llm: LLM, limiter: ConcurrencyLimiter | None = None) -> LLM:
    clock = ManualClock()
    return resilient(
        llm,
        retry=RetryPolicy(attempts=3, first_wait=0.0),
        circuit=SharedCircuit(MemoryCache(clock), "breaker:p", BreakerPolicy(), clock),
        limiter=limiter or ConcurrencyLimiter(2),
        attempt_seconds=20,
        random=lambda: 0.0,
    )


class TestResilientLLM(LLMSuite):
    """A wrapped model is a model like any other."""

    inside = ScriptedLLM(["Something of several pieces."])

    @pytest.fixture
    def llm(self) -> LLM:
        return _wrapped(self.inside)

    def open_calls(self, _llm: LLM, /) -> int:
        return self.inside.open


async def test_a_silent_model_is_given_up_with_what_it_said() -> None:
    llm = ScriptedLLM([Hang(after="Half an")])
    with pytest.raises(ProviderTimeoutError, match="raise `total_seconds`") as caught:
        await complete(TimeLimited(llm, 0.02, "total_seconds"), _REQUEST)
    assert (caught.value.partial, llm.open) == ("Half an", 0)


async def test_the_reader_may_take_its_time() -> None:
    items = TimeLimited(ScriptedLLM(["A few words"]), 0.05, "total_seconds").stream(_REQUEST)
    text = 0
    async for _ in items:
        text += 1
        await anyio.sleep(0.03)
    assert text == 4


async def test_no_more_calls_run_than_may() -> None:
    most = 0

    def reply(_request: LLMRequest) -> str:
        nonlocal most
        most = max(most, llm.open + 1)
        return "some words more than one piece"

    llm = ScriptedLLM([reply])
    limiter = ConcurrencyLimiter(3)

    async def ask() -> None:
        await complete(Limited(llm, limiter), _REQUEST)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(ask)
    assert (most, limiter.running, len(llm.requests)) == (3, 0, 20)


async def test_a_place_is_free_again_after_a_failure_and_after_a_cancellation() -> None:
    limiter = ConcurrencyLimiter(1)
    with pytest.raises(ProviderUnavailableError):
        await complete(Limited(ScriptedLLM([ProviderUnavailableError("down")]), limiter), _REQUEST)
    with anyio.move_on_after(0.01):
        await complete(Limited(ScriptedLLM([Hang()]), limiter), _REQUEST)
    await anyio.lowlevel.checkpoint()
    assert limiter.running == 0


async def test_all_together_overcome_what_passes() -> None:
    failures: list[Exception] = [ProviderUnavailableError("down")] * 2
    llm = ScriptedLLM([lambda _: failures.pop() if failures else "fine"])
    assert (await complete(_wrapped(llm), _REQUEST)).message.content == "fine"
