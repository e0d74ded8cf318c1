"""Analysers for texts in several languages: each document is analysed in its own."""

from collections.abc import Collection
from threading import Lock
from typing import TypeAlias

from liteagent.engine.rag.analysis import Analyzer
from liteagent.engine.rag.language import language_of
from liteagent.engine.rag.stop_words import STOP_WORDS

__all__ = ["AnyAnalyzer", "AutoAnalyzer", "create_analyzer"]

_NAME = "auto"


class AutoAnalyzer:
    """Finds out each document's language, and analyses questions in every language that an index holds.

    Terms are those of the language's own `Analyzer`, so an index takes documents that were analysed with a
    fixed language too, and the other way round as long as it is that language.

    Args:
        fallback: The language of texts that cannot be told.

    Raises:
        InvalidInputError: There is no stemmer for `fallback`.
    """

    def __init__(self, fallback: str = "english") -> None:
        self.language = _NAME
        self._fallback = fallback
        self._analyzers = {fallback: Analyzer(fallback)}
        self._lock = Lock()

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return _NAME

    def accepts(self, name: str) -> bool:
        """Whether terms of the analyser called `name` can be compared with this one's."""
        language = name.partition("/")[0]
        return language in STOP_WORDS.keys() | {self._fallback, "armenian", "tamil"} and (
            self._of(language).name == name
        )

    def for_text(self, text: str) -> Analyzer:
        """The analyser of the language that `text` is in."""
        return self._of(language_of(text) or self._fallback)

    def query_counts(self, text: str, names: Collection[str]) -> dict[int, int]:
        """How often each term occurs in a question, in the languages of the analysers called `names`.

        Stop words of the question's own language are left out in all of them.
        """
        languages = sorted({name.partition("/")[0] for name in names})
        own = language_of(text, languages) if len(languages) > 1 else None
        if own is not None:
            text = " ".join(word for word in text.split() if _bare(word) not in STOP_WORDS[own])
        found: dict[int, int] = {}
        for language in languages:
            for term, times in self._of(language).counts(text).items():
                found[term] = max(times, found.get(term, 0))
        return found

    def _of(self, language: str) -> Analyzer:
        with self._lock:
            if language not in self._analyzers:
                self._analyzers[language] = Analyzer(language)
            return self._analyzers[language]


AnyAnalyzer: TypeAlias = Analyzer | AutoAnalyzer


def create_analyzer(language: str = "english") -> AnyAnalyzer:
    """The analyser of a language, or with `auto` the one that finds languages out.

    Raises:
        InvalidInputError: There is no stemmer for `language`.
    """
    return AutoAnalyzer() if language == _NAME else Analyzer(language)


def _bare(word: str) -> str:
    return word.strip(".,;:!?¿¡\"'()[]«»„“”…").casefold()
