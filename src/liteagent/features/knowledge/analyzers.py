"""The word rules of this process, one of each: they learn words as they go."""

from functools import cache

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.languages import AnyAnalyzer, AutoAnalyzer, create_analyzer

__all__ = ["analyzer_of", "any_language"]


@cache
def any_language() -> AutoAnalyzer:
    """The analyzer that questions go through: it takes the words of every language that can be chosen."""
    return AutoAnalyzer()


@cache
def _for_language(language: str) -> AnyAnalyzer:
    if language == any_language().name:
        return any_language()
    analyzer = create_analyzer(language)
    if not any_language().accepts(analyzer.name):
        raise InvalidInputError(f"There are no stop words for {language!r}; use `auto`.")
    return analyzer


def analyzer_of(name: str = "") -> AnyAnalyzer:
    """The analyzer of an `Analyzer.name`, or of a language; where nothing is said, each text tells its own.

    Raises:
        InvalidInputError: The language cannot be stemmed; the message lists those that can.
    """
    return _for_language(name.partition("/")[0] or any_language().name)
