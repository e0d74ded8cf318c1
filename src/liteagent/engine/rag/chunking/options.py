"""The options that only one kind of chunker has, checked as they are taken."""

from collections.abc import Mapping
from typing import NoReturn

from liteagent.contracts.errors import InvalidInputError

__all__ = ["Options"]


class Options:
    """Hands out options by name; `finish` refuses those that nobody took.

    Args:
        kind: The chunker's, for messages.
        given: What the caller gave; None stands for the default.
    """

    def __init__(self, kind: str, given: Mapping[str, object]) -> None:
        self._kind = kind
        self._given = dict(given)
        self._known: list[str] = []

    def integer(self, name: str, default: int, least: int) -> int:
        """A whole number of at least `least`."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            self._refuse(name, value, f"a whole number of at least {least}")
        return value

    def number(self, name: str, least: float, most: float) -> float | None:
        """A number in [least, most]; None where it is not given."""
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
            self._refuse(name, value, f"a number from {least:g} to {most:g}")
        return float(value)

    def text(self, name: str) -> str | None:
        """A text; None where it is not given."""
        value = self._take(name)
        if value is not None and not isinstance(value, str):
            self._refuse(name, value, "a text")
        return value

    def finish(self) -> None:
        """Refuse what is left.

        Raises:
            InvalidInputError: There is an option that this kind does not have.
        """
        if self._given:
            known = ", ".join(repr(name) for name in self._known) or "no options of its own"
            raise InvalidInputError(
                f"The chunker {self._kind!r} has no option {min(self._given)!r}; it has {known}."
            )

    def _take(self, name: str) -> object:
        self._known.append(name)
        return self._given.pop(name, None)

    def _refuse(self, name: str, value: object, wanted: str) -> NoReturn:
        raise InvalidInputError(f"{name} is {value!r}; give {wanted}.")
