"""Marks which sentences of an answer the cited passages speak for.

It compares words, not meanings: a sentence counts as supported when most of its content words, and all of its
numbers, stand in one of the passages that it may rest on. So a faithful answer in quite other words, or in
another language than the passage, is marked weak or unsupported although it is right; a sentence that denies
what a passage says is marked supported although it is wrong. It is a flag for readers, and no judge.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from liteagent.contracts.documents import Citation, Span
from liteagent.engine.rag.analysis import Analyzer

__all__ = ["StatementSupport", "Support", "support_of"]

Support: TypeAlias = Literal["supported", "weak", "unsupported", "none"]
"""`none`: there is nothing to support: a heading, a greeting, a question."""

_SUPPORTED = 0.6
_WEAK = 0.3
_LEAST_WORDS = 2
_END = re.compile(r"(?<=[.!?…。\uff01\uff1f])(?:\s*\[\d+\])*(?=\s|$|[^\x00-\x7f])|\n+")
_MARKER = re.compile(r"\[(\d{1,3})\]")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NAME = re.compile(r"(?<![.!?…]\s)(?<!^)\b[A-Z][\w-]+")


@dataclass(frozen=True, slots=True)
class StatementSupport:
    """How well one sentence of an answer is supported.

    Attributes:
        span: Where it stands in the answer, in code points.
        overlap: The share of its content words that stand in the best passage; a name weighs twice.
        missing: Numbers and names that stand in none of the passages that it may rest on.
        marker: The citation with that passage; None where no word is shared.
    """

    span: Span
    support: Support
    overlap: float
    missing: tuple[str, ...] = ()
    marker: int | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    words: frozenset[str]
    numbers: frozenset[str]


def support_of(
    answer: str, citations: Sequence[Citation], *, language: str = "english"
) -> tuple[StatementSupport, ...]:
    """Each sentence of `answer`, and whether its citations speak for it.

    A sentence rests on the citations whose markers stand in it; one without a marker may rest on any. With
    60 % of its words in one of them it is supported, with 30 % weak; a number that stands in none of them
    makes it weak at best.

    Args:
        answer: The text, with markers like `[2]`.
        citations: Those that the markers stand for.
        language: The Snowball name of the language whose endings are left out of the comparison.

    Raises:
        InvalidInputError: There is no stemmer for `language`.

    Example:
        >>> [each.support for each in support_of("Tea is drunk on Mars.", [])]
        ['unsupported']
    """
    analyzer = Analyzer(language)
    said = {each.marker: _said(analyzer, "\n".join((*each.heading, each.text))) for each in citations}
    return tuple(_judged(analyzer, answer, span, said) for span in _sentences(answer))


def _sentences(text: str) -> Iterator[Span]:
    start = 0
    for end in (*(match.end() for match in _END.finditer(text)), len(text)):
        piece = text[start:end]
        if piece.strip():
            lead = len(piece) - len(piece.lstrip())
            yield Span(start + lead, start + len(piece.rstrip()))
        start = end


def _judged(analyzer: Analyzer, answer: str, span: Span, said: Mapping[int, _Said]) -> StatementSupport:
    text = answer[span.start : span.end]
    plain = _MARKER.sub(" ", text)
    mine = _said(analyzer, plain)
    if len(mine.words) < _LEAST_WORDS or plain.rstrip().endswith(("?", ":", "\uff1f")):
        return StatementSupport(span, "none", 0.0)
    named = [int(number) for number in _MARKER.findall(text)]
    bases = {marker: said[marker] for marker in named if marker in said} or (said if not named else {})
    weights = _weights(analyzer, plain, mine)
    shares = {marker: _share(weights, base) for marker, base in bases.items()}
    best = max(shares, key=lambda marker: (shares[marker], -marker), default=None)
    overlap = 0.0 if best is None else shares[best]
    lacking = _lacking(analyzer, plain, mine, bases)
    support = _graded(overlap, has_all_numbers=not mine.numbers - _all_numbers(bases))
    return StatementSupport(span, support, round(overlap, 3), lacking, best if overlap else None)


def _said(analyzer: Analyzer, text: str) -> _Said:
    return _Said(frozenset(analyzer.words(text)), frozenset(_NUMBER.findall(text)))


def _weights(analyzer: Analyzer, text: str, mine: _Said) -> dict[str, float]:
    names = {word for name in _NAME.findall(text) for word in analyzer.words(name)}
    return {word: 2.0 if word in names else 1.0 for word in mine.words}


def _share(weights: Mapping[str, float], base: _Said) -> float:
    held = sum(weight for word, weight in weights.items() if word in base.words)
    return held / sum(weights.values())


def _lacking(analyzer: Analyzer, text: str, mine: _Said, bases: Mapping[int, _Said]) -> tuple[str, ...]:
    words = frozenset[str]().union(*(base.words for base in bases.values()))
    numbers = sorted(mine.numbers - _all_numbers(bases))
    names = [name for name in dict.fromkeys(_NAME.findall(text)) if not words & set(analyzer.words(name))]
    return (*numbers, *names)


def _all_numbers(bases: Mapping[int, _Said]) -> frozenset[str]:
    return frozenset[str]().union(*(base.numbers for base in bases.values()))


def _graded(overlap: float, *, has_all_numbers: bool) -> Support:
    if overlap >= _SUPPORTED and has_all_numbers:
        return "supported"
    return "weak" if overlap >= _WEAK else "unsupported"
