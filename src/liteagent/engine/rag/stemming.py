"""The door to the Snowball stemmers, whose package has no types."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, cast

from liteagent.contracts.errors import InvalidInputError

__all__ = ["stemmer"]


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802  the package's name


class _Package(Protocol):
    def Stemmer(self, algorithm: str, max_cache_size: int) -> _Stemmer: ...  # noqa: N802  the package's name

    def algorithms(self) -> list[str]: ...


def stemmer(language: str) -> Callable[[str], str]:
    """The function that stems a folded word of `language`; not to be called from two threads at once.

    Raises:
        InvalidInputError: There is no stemmer of that name; the message lists those there are.
    """
    package = cast("_Package", import_module("Stemmer"))
    try:
        return package.Stemmer(language, 0).stemWord
    except KeyError:
        known = ", ".join(package.algorithms())
        raise InvalidInputError(f"There is no stemmer for {language!r}; use one of: {known}.") from None
