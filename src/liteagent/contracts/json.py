"""JSON values and the codec between them and our dataclasses."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["JsonObject", "JsonValue", "dump", "load"]

if TYPE_CHECKING:
    JsonValue: TypeAlias = bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"] | None
else:
    JsonValue = Any  # pydantic cannot build a recursive plain alias, and what it would check came out of JSON

JsonObject: TypeAlias = Mapping[str, JsonValue]

T = TypeVar("T")


def dump(value: object) -> dict[str, Any]:
    """The JSON-ready form of a dataclass; `load` gives an equal value back."""
    return cast("dict[str, Any]", _adapter(type(value)).dump_python(value, mode="json"))


def load(cls: type[T], data: object) -> T:
    """The dataclass that `dump` wrote.

    Raises:
        ValueError: `data` is not of the shape of `cls` (pydantic's ValidationError, which is one).
    """
    return cast("T", _adapter(cls).validate_python(data))


@lru_cache(maxsize=256)
def _adapter(cls: type[Any]) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(cls)
