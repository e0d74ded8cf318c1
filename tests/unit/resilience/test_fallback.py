"""Which model is asked first, and what happens when it fails."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.contracts.errors import (
    ConfigurationError,
    LiteAgentError,
    ProviderAuthError,
    ProviderUnavailableError,
)
from liteagent.contracts.llm import LLM, LLMRequest, complete
from liteagent.contracts.messages import Message, Role
from liteagent.engine.resilience.fallback import Choice, Strategy, order
from liteagent.engine.resilience.resilient_llm import Candidate, Fallback
from liteagent.testing import Fail, ScriptedLLM

_REQUEST = LLMRequest((Message(Role.USER, "Hi"),))
_CHOICES = st.lists(
    st.builds(Choice, st.integers(-3, 3), st.floats(0, 10) | st.just(0.0)), min_size=1, max_size=6
)
_CHANCE = st.floats(0, 1, exclude_max=True)
_STRATEGIES: list[Strategy] = ["priority", "round_robin", "weight"]


@given(_CHOICES, st.sampled_from(_STRATEGIES), st.integers(0, 10**9), _CHANCE)
def test_every_model_has_exactly_one_place(
    choices: list[Choice], strategy: Strategy, turn: int, chance: float
) -> None:
    places = order(choices, strategy, turn, lambda: chance)
    assert sorted(places) == list(range(len(choices)))


@given(_CHOICES, _CHANCE)
def test_by_priority_the_lowest_number_comes_first_and_equals_in_order(
    choices: list[Choice], chance: float
) -> None:
    places = order(choices, "priority", 7, lambda: chance)
    assert list(places) == sorted(places, key=lambda place: (choices[place].priority, place))


@given(st.integers(1, 6), st.integers(0, 100))
def test_round_robin_gives_each_the_same_number_of_first_places(count: int, start: int) -> None:
    choices = [Choice()] * count
    firsts = [order(choices, "round_robin", start + turn, lambda: 0.0)[0] for turn in range(count * 3)]
    assert {firsts.count(place) for place in range(count)} == {3}


def test_by_weight_the_share_of_first_places_is_the_share_of_weight() -> None:
    choices = [Choice(weight=3), Choice(weight=1), Choice(weight=0)]
    firsts = [order(choices, "weight", 0, lambda at=at: at / 1000)[0] for at in range(1000)]
    assert [firsts.count(place) for place in range(3)] == [750, 250, 0]
    assert order(choices, "weight", 0, lambda: 0.999)[-1] == 2


def _fallback(*models: ScriptedLLM | LiteAgentError) -> Fallback:
    def candidate(place: int, model: ScriptedLLM | LiteAgentError) -> Candidate:
        async def open_it() -> LLM:
            if isinstance(model, LiteAgentError):
                raise model
            return model

        return Candidate(f"m{place}", open_it)

    async def places() -> Sequence[int]:
        return range(len(models))

    return Fallback([candidate(place, model) for place, model in enumerate(models)], places)


async def test_the_next_answers_where_one_cannot() -> None:
    down = ScriptedLLM([ProviderUnavailableError("down")])
    gone = ConfigurationError("not installed")
    refused = ScriptedLLM([ProviderAuthError("wrong key")])
    fallback = _fallback(down, gone, refused, ScriptedLLM(["here"], model="last"))
    response = await complete(fallback, _REQUEST)
    assert (response.message.content, response.model, fallback.model) == ("here", "last", "m0")


async def test_where_all_fail_each_failure_is_told() -> None:
    fallback = _fallback(
        ScriptedLLM([ProviderUnavailableError("down")]), ScriptedLLM([ProviderAuthError("wrong key")])
    )
    with pytest.raises(ProviderAuthError) as caught:
        await complete(fallback, _REQUEST)
    assert [(each["model"], each["code"]) for each in caught.value.details["tried"]] == [
        ("m0", "provider_unavailable"),
        ("m1", "provider_auth_failed"),
    ]


async def test_a_model_that_broke_off_is_not_replaced_in_the_middle() -> None:
    second = ScriptedLLM(["other"])
    broken = ScriptedLLM([Fail(ProviderUnavailableError("cut"), after="Half an")])
    with pytest.raises(ProviderUnavailableError) as caught:
        await complete(_fallback(broken, second), _REQUEST)
    assert (caught.value.partial, second.requests) == ("Half an", [])
