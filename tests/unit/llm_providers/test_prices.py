"""Prices: which one holds, and what a call costs by it."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from liteagent.contracts.llm import Usage
from liteagent.features.llm_providers.prices import Price, PriceTable, micro, shipped

_RATE = st.integers(0, 10**9)
_TOKENS = st.integers(0, 10**7)


@st.composite
def _usages(draw: st.DrawFn) -> Usage:
    cached, written, plain = draw(_TOKENS), draw(_TOKENS), draw(_TOKENS)
    return Usage(plain + cached + written, draw(_TOKENS), cached=cached, cache_write=written)


@given(_usages(), _RATE, _RATE, st.none() | _RATE, st.none() | _RATE)
def test_a_cost_is_exact_to_the_nano_dollar_and_rounded_up(
    usage: Usage, reading: int, writing: int, cached: int | None, written: int | None
) -> None:
    price = Price("m", reading, writing, cached, written)
    plain = usage.input - usage.cached - usage.cache_write
    exact = Fraction(
        plain * reading
        + usage.cached * (reading if cached is None else cached)
        + usage.cache_write * (reading if written is None else written)
        + usage.output * writing,
        1000,
    )
    assert exact <= price.cost(usage) < exact + 1
    assert price.cost(usage) <= price.most(usage.input, usage.output)


def test_small_prices_are_kept() -> None:
    assert Price("m", micro(0.0375), 0).cost(Usage(1_000_000)) == 37_500_000


def test_the_nearest_price_holds() -> None:
    def price(
        model: str, rate: int, provider_type: str | None = None, provider_id: str | None = None
    ) -> Price:
        return Price(model, rate, rate, provider_type=provider_type, provider_id=provider_id)

    table = PriceTable(
        [
            price("*", 1, provider_type="t"),
            price("big-*", 2, provider_type="t"),
            price("big-one", 3, provider_type="t"),
            price("big-*", 4, provider_id="p"),
        ],
        [price("*", 5, provider_type="t"), price("*", 0, provider_type="free")],
    )

    def rate(provider_id: str | None, provider_type: str, model: str) -> int | None:
        found = table.find(provider_id, provider_type, model)
        return None if found is None else found.input

    assert rate("p", "t", "big-one") == 4
    assert rate("q", "t", "big-one") == 3
    assert rate("q", "t", "big-two") == 2
    assert rate("p", "t", "small") == 1
    assert rate(None, "free", "any") == 0
    assert rate("q", "other", "big-one") is None


def test_only_the_star_of_a_pattern_is_special() -> None:
    table = PriceTable([Price("a[1]?*", 1, 1, provider_type="t")])
    assert table.find(None, "t", "a[1]?b") is not None
    assert table.find(None, "t", "a1xb") is None


def test_what_is_shipped_is_free() -> None:
    assert {each.provider_type for each in shipped()} == {"builtin", "ollama"}
    assert all(each.input == each.output == 0 for each in shipped())
