"""When a failed call is made again, and when never."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.contracts.errors import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderResponseError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from liteagent.contracts.llm import LLM, LLMItem, LLMRequest, LLMResponse, TextDelta, complete
from liteagent.contracts.messages import Message, Role
from liteagent.engine.resilience.resilient_llm import Retrying
from liteagent.engine.resilience.retry import RetryPolicy
from liteagent.testing import Fail, ScriptedLLM

_REQUEST = LLMRequest((Message(Role.USER, "Hi"),))
_SECONDS = st.floats(0, 1000)


@given(
    st.builds(RetryPolicy, st.integers(1, 20), _SECONDS, _SECONDS, _SECONDS),
    st.none() | _SECONDS,
    st.integers(1, 10_000),
    st.floats(0, 1, exclude_max=True),
)
def test_a_wait_is_at_least_what_the_vendor_asked_and_at_most_the_cap_more(
    policy: RetryPolicy, asked: float | None, attempt: int, chance: float
) -> None:
    error = ProviderRateLimitedError("slow", retry_after=asked)
    wait = policy.wait(error, attempt, lambda: chance)
    over = attempt >= policy.attempts or (asked or 0) > policy.patience
    assert (wait is None) == over
    if wait is not None:
        assert (
            (asked or 0)
            <= wait
            <= (asked or 0) + min(policy.longest_wait, policy.first_wait * 2.0 ** (attempt - 1))
        )


class _Waits:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def _failing(times: int, error: Exception, after: str = "") -> ScriptedLLM:
    failures = [Fail(error, after)] * times
    return ScriptedLLM([lambda _: failures.pop() if failures else "fine"])


def _retrying(llm: ScriptedLLM, waits: _Waits, attempts: int = 3) -> Retrying:
    return Retrying(llm, RetryPolicy(attempts=attempts, first_wait=1.0), lambda: 0.5, waits)


@pytest.mark.parametrize("error", [ProviderUnavailableError, ProviderTimeoutError, ProviderRateLimitedError])
async def test_a_failure_that_passes_is_overcome(error: type[ProviderError]) -> None:
    llm, waits = _failing(2, error("now and then")), _Waits()
    assert (await complete(_retrying(llm, waits), _REQUEST)).message.content == "fine"
    assert (len(llm.requests), waits.seconds) == (3, [0.5, 1.0])


async def test_what_the_vendor_asks_for_is_waited_for() -> None:
    waits = _Waits()
    llm = _failing(1, ProviderRateLimitedError("slow", retry_after=7.0))
    await complete(_retrying(llm, waits), _REQUEST)
    assert waits.seconds == [7.5]


@pytest.mark.parametrize("error", [ProviderAuthError, ProviderRequestError, ProviderResponseError])
async def test_a_failure_that_stays_is_raised_at_once(error: type[ProviderError]) -> None:
    llm, waits = _failing(9, error("no")), _Waits()
    with pytest.raises(error):
        await complete(_retrying(llm, waits), _REQUEST)
    assert (len(llm.requests), waits.seconds) == (1, [])


async def test_after_the_last_try_its_failure_is_raised() -> None:
    llm = _failing(9, ProviderUnavailableError("down"))
    with pytest.raises(ProviderUnavailableError):
        await complete(_retrying(llm, _Waits()), _REQUEST)
    assert len(llm.requests) == 3


async def _read(llm: LLM) -> tuple[list[LLMItem], ProviderError | None]:
    """What a reader got, and how it ended."""
    items = list[LLMItem]()
    try:
        async for item in llm.stream(_REQUEST):
            items += [item]
    except ProviderError as error:
        return items, error
    return items, None


@given(st.text(min_size=1, max_size=40), st.integers(1, 8), st.integers(1, 5))
async def test_a_streamed_answer_is_never_repeated(text: str, piece: int, attempts: int) -> None:
    error = ProviderUnavailableError("cut")
    llm = ScriptedLLM([Fail(error, after=text)], piece=piece)
    seen, failure = await _read(_retrying(llm, _Waits(), attempts))
    assert len(llm.requests) == 1
    assert failure is not None
    assert failure.partial == text
    assert "".join(item.text for item in seen if isinstance(item, TextDelta)) == text


@given(st.lists(st.booleans(), max_size=8), st.integers(1, 6))
async def test_a_reader_sees_one_answer_whatever_failed_before(fails: list[bool], attempts: int) -> None:
    left = list(fails)

    def reply(_request: LLMRequest) -> Any:
        return ProviderUnavailableError("down") if left and left.pop(0) else "whole answer"

    items, failure = await _read(_retrying(ScriptedLLM([reply]), _Waits(), attempts))
    if failure is not None:
        assert fails[:attempts] == [True] * attempts
        assert items == []
    else:
        *deltas, last = items
        assert isinstance(last, LLMResponse)
        assert "".join(each.text for each in deltas if isinstance(each, TextDelta)) == "whole answer"
