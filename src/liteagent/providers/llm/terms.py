"""Words as the extractive model compares them: lower case, stemmed by a few rules, without filler. Pure."""

import itertools
import re
from collections.abc import Iterable
from typing import Final

__all__ = ["compounds", "content_terms", "content_words", "terms", "words"]

_WORD: Final = re.compile(r"[^\W_]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_UNSPACED: Final = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_VOWEL: Final = re.compile("[aeiouy]")
_SHORTEST_STEM: Final = 3

_FILLER_TEXT: Final = """
    a about after again all also am an and any anybody anyone anything are aren as at be because
    been before being best between both but by can cannot could d did didn do does doesn doing don
    done down each either else enough etc ever every everything exactly explain few for from further get gets
    getting give go goes going good got had has have having he hello help hence her here hers hey hi
    him his how however i if in into is isn it its itself just kind know let like ll look m make
    many may me mean means might more most much must my need needs neither no nor not now of off ok
    okay on once one only onto or other our out over own please possible proper properly rather re
    really right s said same say see shall she should show simple simply since so some somehow
    someone something still such sure t tell than thank thanks that the their them then there these
    they thing things this those through thus to together too try under until up upon us use used
    useful uses using ve very want wants was way ways we well were what whats when where whether
    which while who whom whose why will with within without won work works would yes yet you your
"""
_FILLER: Final = frozenset(_FILLER_TEXT.split())

_SYNONYMS: Final = (
    "remove delete erase",
    "directory folder",
    "exception error",
    "create build",
    "display print",
    "begin start launch",
    "end finish stop terminate",
    "change modify alter",
    "quick fast rapid",
    "loop iterate iteration",
    "argument arg parameter",
    "configuration configure config setting",
    "install setup",
    "concatenate join",
    "fetch retrieve",
    "environment env",
    "dictionary dict",
)


def words(text: str) -> list[str]:
    """The plain words of `text`, lower case; identifiers are taken apart at dots, underscores and humps."""
    found: list[str] = []
    for match in _WORD.finditer(text):
        for part in _HUMP.split(match.group()):
            found.extend(_unspaced(part.lower()))
    return found


def terms(text: str) -> list[str]:
    """Every word of `text` as its stem, in order, filler included.

    >>> terms("Copying the files")
    ['cop', 'the', 'fil']
    """
    return [_stem(word) for word in words(text)]


def content_terms(text: str) -> list[str]:
    """The distinct stems of the words that carry meaning, in order."""
    return list(dict.fromkeys(_stem(word) for word in words(text) if word not in _FILLER))


def content_words(text: str) -> list[str]:
    """The distinct words that carry meaning, in lower case, in order."""
    return list(dict.fromkeys(word for word in words(text) if word not in _FILLER))


def compounds(text: str) -> dict[str, tuple[str, str]]:
    """Stems of neighbouring words written as one (`copyfile` for "copy a file"), with the stems of both."""
    carrying = [word for word in words(text) if word not in _FILLER]
    pairs = itertools.pairwise(carrying)
    return {_stem(left + right): (_stem(left), _stem(right)) for left, right in pairs}


def _unspaced(word: str) -> Iterable[str]:
    """Scripts without spaces are compared by pairs of characters."""
    if not _UNSPACED.fullmatch(word) or len(word) < 2:
        return (word,)
    return (word[at : at + 2] for at in range(len(word) - 1))


def _stem(word: str) -> str:
    stem = _bare(word)
    return _SAME.get(stem, stem)


def _bare(word: str) -> str:
    plain = word.isascii() and word.isalpha() and len(word) > _SHORTEST_STEM
    return _without_ending(word) if plain else word


def _without_ending(word: str) -> str:
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed", "ly"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= _SHORTEST_STEM - 1 and _VOWEL.search(rest):
            word = rest[:-1] if rest[-1:] == rest[-2:-1] and rest[-1:] not in "ls" else rest
            break
    for ending in ("ation", "ion", "or", "er", "e", "y", "i"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= _SHORTEST_STEM:
            return rest
    return word


_SAME: Final = {_bare(word): _bare(group.split()[0]) for group in _SYNONYMS for word in group.split()[1:]}
