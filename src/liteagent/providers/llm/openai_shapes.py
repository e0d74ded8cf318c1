"""Reading what a server sent, whatever shape it has: pure."""

from collections.abc import Mapping
from typing import TypeAlias, cast

__all__ = [
    "Json",
    "MalformedAnswerError",
    "ReportedError",
    "as_object",
    "count_in",
    "objects_in",
    "string_in",
]

Json: TypeAlias = Mapping[str, object]


class MalformedAnswerError(ValueError):
    """A piece of an answer is not of the shape that the protocol promises; stays inside the provider."""


class ReportedError(ValueError):
    """A server says in its answer that it failed; stays inside the provider.

    Attributes:
        body: What it says.
    """

    def __init__(self, body: Json) -> None:
        super().__init__("The server reports a failure.")
        self.body = body


def as_object(value: object, what: str) -> Json:
    """`value`, which is an object.

    Raises:
        MalformedAnswerError: It is none; `what` names it.
    """
    if not isinstance(value, Mapping):
        raise MalformedAnswerError(f"{what} of the answer is no object.")
    return cast("Json", value)


def objects_in(data: Json, key: str) -> list[Json]:
    """The objects in a list; none where there is no list.

    Raises:
        MalformedAnswerError: It is no list of objects.
    """
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise MalformedAnswerError(f"{key!r} in the answer is no list.")
    return [as_object(item, f"An item of {key!r}") for item in cast("list[object]", value)]


def string_in(data: Json, key: str) -> str:
    """A string; empty where there is none.

    Raises:
        MalformedAnswerError: It is something else.
    """
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MalformedAnswerError(f"{key!r} in the answer is no string.")
    return value


def count_in(data: object, *path: str) -> int:
    """A count, found along `path`; 0 where there is none."""
    for name in path:
        data = cast("Json", data).get(name) if isinstance(data, Mapping) else None
    return data if isinstance(data, int) and not isinstance(data, bool) and data > 0 else 0
