"""Tells what language a text is in, by its script and its most frequent words."""

import re
from collections import Counter
from collections.abc import Collection, Mapping

from liteagent.engine.rag.stop_words import STOP_WORDS

__all__ = ["language_of"]

_SAMPLE = 6_000
_LEAST_WORDS = 3
_LEAST_SHARE = 0.08
_WORD = re.compile(r"[^\W\d_]+(?:[\u0900-\u0903\u093a-\u094f\u0b80-\u0bff]+[^\W\d_]*)*")
_SCRIPTS = {
    "arabic": re.compile("[\u0620-\u064a]"),
    "armenian": re.compile("[\u0531-\u0587]"),
    "cyrillic": re.compile("[\u0400-\u04ff]"),
    "devanagari": re.compile("[\u0904-\u0939]"),
    "greek": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "latin": re.compile("[A-Za-z\u00c0-\u024f]"),
    "tamil": re.compile("[\u0b85-\u0bb9]"),
}
_LATIN = _SCRIPTS["latin"]
_ONE_LANGUAGE = {"armenian": "armenian", "greek": "greek", "tamil": "tamil"}
_BY_SCRIPT = {
    "arabic": ("arabic",),
    "cyrillic": ("russian", "serbian"),
    "devanagari": ("hindi",),
    "latin": tuple(
        sorted(STOP_WORDS.keys() - {"arabic", "russian", "serbian", "hindi", "greek"}),
    ),
}


def language_of(text: str, among: Collection[str] | None = None) -> str | None:
    """The Snowball name of the language of `text`; None where it cannot be told.

    The script that most letters are of leaves some languages, and of those the one counts whose stop words
    are at least 8 % of the words, and more than those of any other. A few words are often too few. Languages
    that share a script and have no stemmer (Ukrainian, Persian) are told apart from those that have one only
    where their frequent words differ.

    Args:
        text: Its first 6,000 characters are looked at.
        among: Leaves only these languages to choose from.
    """
    sample = text[:_SAMPLE]
    script = _script_of(sample)
    if script is None:
        return None
    if script in _ONE_LANGUAGE:
        language = _ONE_LANGUAGE[script]
        return language if among is None or language in among else None
    possible = [each for each in _BY_SCRIPT[script] if among is None or each in among]
    return _voted(Counter(map(str.casefold, _WORD.findall(sample))), possible)


def _script_of(sample: str) -> str | None:
    """The script that most letters are of."""
    if sample.isascii():
        return "latin" if _LATIN.search(sample) else None
    letters = {script: len(pattern.findall(sample)) for script, pattern in _SCRIPTS.items()}
    script = max(letters, key=lambda each: letters[each])
    return script if letters[script] else None


def _voted(words: Counter[str], languages: Collection[str]) -> str | None:
    found = dict.fromkeys(languages, 0)
    for word in _FREQUENT & words.keys():
        for language in _LANGUAGES_OF[word]:
            if language in found:
                found[language] += words[word]
    votes = sorted((count, language) for language, count in found.items())
    if not votes:
        return None
    most, language = votes[-1]
    next_most = votes[-2][0] if len(votes) > 1 else 0
    enough = most >= max(_LEAST_WORDS, _LEAST_SHARE * words.total())
    return language if enough and most > next_most else None


def _languages_by_word() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for language, words in STOP_WORDS.items():
        for word in words:
            found.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in found.items()}


_LANGUAGES_OF = _languages_by_word()
_FREQUENT = _LANGUAGES_OF.keys()
