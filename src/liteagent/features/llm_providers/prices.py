"""What tokens cost: prices by provider and model, and the cost of a call."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, cast

from liteagent.contracts.llm import Usage

__all__ = ["Price", "PriceTable", "micro", "shipped", "shipped_as_of"]

_MICRO = 1_000_000
_PICO_PER_NANO = 1_000


def micro(dollars: float) -> int:
    """US dollars as micro-dollars."""
    return round(dollars * _MICRO)


@dataclass(frozen=True, slots=True)
class Price:
    """Micro-dollars for a million tokens, which are pico-dollars for one.

    Attributes:
        model: A name, or a pattern with `*`.
        provider_type: Of the providers that it holds for; None where `provider_id` names one.
        provider_id: The one provider that it holds for.
        cached: Input that the vendor had in its cache; None is as `input`.
        cache_write: Input that the vendor put into its cache; None is as `input`.
    """

    model: str
    input: int
    output: int
    cached: int | None = None
    cache_write: int | None = None
    provider_type: str | None = None
    provider_id: str | None = None

    def cost(self, usage: Usage) -> int:
        """What a call with this usage costs, in nano-dollars."""
        plain = max(0, usage.input - usage.cached - usage.cache_write)
        cached = self.input if self.cached is None else self.cached
        written = self.input if self.cache_write is None else self.cache_write
        pico = (
            plain * self.input
            + usage.cached * cached
            + usage.cache_write * written
            + usage.output * self.output
        )
        return -(-pico // _PICO_PER_NANO)

    def most(self, reading: int, writing: int) -> int:
        """What so many tokens read and written cost at most, in nano-dollars."""
        dearest = max(self.input, self.cached or 0, self.cache_write or 0)
        return -(-(reading * dearest + writing * self.output) // _PICO_PER_NANO)

    def fits(self, provider_id: str | None, provider_type: str, model: str) -> bool:
        """Whether it holds for a model of a provider."""
        ours = self.provider_id == provider_id if self.provider_id else self.provider_type == provider_type
        return ours and (self.model == model or fnmatchcase(model, _escaped(self.model)))


class PriceTable:
    """Prices in the order in which they are looked at: of one provider first, then of the longest pattern.

    Args:
        own: The workspace's, newest first.
        defaults: What holds where none of these does.
    """

    def __init__(self, own: Iterable[Price], defaults: Iterable[Price] = ()) -> None:
        self._prices = (*sorted(own, key=_rank), *sorted(defaults, key=_rank))

    def find(self, provider_id: str | None, provider_type: str, model: str) -> Price | None:
        """The price of a model; None where it is not known."""
        fitting = (each for each in self._prices if each.fits(provider_id, provider_type, model))
        return next(fitting, None)


@cache
def shipped() -> tuple[Price, ...]:
    """The prices that come with the product."""
    return tuple(
        Price(
            each["model"],
            micro(each["input"]),
            micro(each["output"]),
            provider_type=each["provider_type"],
        )
        for each in cast("Sequence[Any]", _file()["prices"])
    )


def shipped_as_of() -> str:
    """The day of which the shipped prices are, like 2026-11-21."""
    return str(_file()["as_of"])


@cache
def _file() -> dict[str, Any]:
    return json.loads(files(__package__ or "").joinpath("prices.json").read_text("utf-8"))


def _rank(price: Price) -> tuple[bool, bool, int]:
    return price.provider_id is None, "*" in price.model, -len(price.model)


def _escaped(pattern: str) -> str:
    """Only `*` is special: model names hold brackets and question marks now and then."""
    return pattern.replace("[", "[[]").replace("?", "[?]")
