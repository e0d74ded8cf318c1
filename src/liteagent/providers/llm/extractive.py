"""Answers made of sentences that stand in the passages: no language model, no I/O, always the same. Pure.

A sentence is worth the share of the question's words that it holds, each weighted by its rarity among the
candidates (as BM25 weighs them), with a little more for words side by side, for passages that the retriever
ranked higher, for the opening of a paragraph, and for definitions where one was asked for.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from liteagent.providers.llm.sentences import Sentence, sentences
from liteagent.providers.llm.terms import compounds, content_terms, terms

__all__ = ["Quote", "SourceText", "best_quotes"]


@dataclass(frozen=True, slots=True)
class SourceText:
    """A passage as a search gave it; `number` is for citations, `heading` a path like `Guide > Files`."""

    number: int
    document: str
    text: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence chosen for the answer, with the signature it explains and the code it announces."""

    number: int
    text: str
    lead: str = ""
    code: str = ""


_MOST_QUOTES: Final = 4
_MOST_SOURCES: Final = 3
_MOST_TEXT: Final = 20_000
_CLOSE_TO_BEST: Final = 0.86
_MOST: Final = 0.66
_ENOUGH: Final = 0.5
_SOME: Final = 0.34
_NEARLY_ALL: Final = 0.95
_SAME_CONTENT: Final = 0.6
_HEADING_SHARE: Final = 0.4
_IDENTIFIER_SHARE: Final = 0.85
_SHORT_ANSWER: Final = 160
_FEW_WORDS: Final = 6

_ASKS_DEFINITION: Final = re.compile(
    r"\s*(what('s| is| are| does)|define|explain|who is|describe)\b", re.IGNORECASE
)
_DEFINES: Final = re.compile(
    r"^(an?|the)?\s*[`*\w.() -]{1,60}?\s(is|are|means|refers to|provides|stands for)\s", re.IGNORECASE
)
_IDENTIFIER: Final = re.compile(r"\w+(?:[._]\w+)+(?:\([^)]*\))?|\w+\([^)]*\)|\b_\w+")
_ASKS_METHOD: Final = re.compile(r"\s*how\b|.*\b(how (do|can|to)|way to)\b", re.IGNORECASE)
_ADVISES: Final = re.compile(r"\b(use|using|call|run|you can|type|set)\b", re.IGNORECASE)
_DENIES: Final = re.compile(
    r"(\S+\s+){0,4}(cannot|can't|don't|doesn't|not|never|\w+n\u2019t)\b", re.IGNORECASE
)
_LEANS_BACK: Final = re.compile(
    r"(it|they|this|these|those|that|he|she|such|however|otherwise|also|but|then|therefore|in this case"
    r"|for example|if so|if not|note that this)\b",
    re.IGNORECASE,
)
_POINTS_ELSEWHERE: Final = re.compile(
    r"\b((described|listed|explained|shown|documented) (below|above|in|separately)"
    r"|see (the )?(section|chapter))\b",
    re.IGNORECASE,
)
_SIDE_REMARK: Final = re.compile(
    r"(changed|new|added|deprecated) in|deprecated|for example|\bcpython\b", re.IGNORECASE
)


def best_quotes(question: str, sources: Sequence[SourceText], context: str = "") -> list[Quote]:
    """The sentences that answer `question`, at most four of at most three sources; empty if none does.

    Args:
        question: As the user wrote it.
        sources: Best first.
        context: Words of earlier questions that a follow-up leans on.
    """
    asked = _Question(question, context)
    candidates = [
        _Candidate(source, rank, place, sentence, asked)
        for rank, source in enumerate(sources)
        for place, sentence in enumerate(sentences(source.text[:_MOST_TEXT]))
    ]
    if not asked.terms or not candidates:
        return []
    weights = _weights(asked, candidates)
    worthy = [c for c in candidates if not c.scanty or _coverage(c, weights) > _NEARLY_ALL]
    scored = sorted(((_score(c, asked, weights), c) for c in worthy), key=lambda pair: -pair[0])
    if not scored or not _is_answered(scored[0][1], candidates, asked, weights):
        return []
    chosen = _choose(scored)
    return _in_reading_order(_with_more(chosen, candidates))


class _Kind(Enum):
    HOW = auto()
    OTHER = auto()
    WHAT = auto()


def _kind(question: str) -> _Kind:
    if _ASKS_METHOD.match(question):
        return _Kind.HOW
    return _Kind.WHAT if _ASKS_DEFINITION.match(question) else _Kind.OTHER


class _Question:
    def __init__(self, question: str, context: str) -> None:
        self.terms = content_terms(f"{question} {context}")
        self.own = content_terms(question) or self.terms
        self.compounds = compounds(f"{question} {context}")
        self.pairs = list(itertools.pairwise(self.terms))
        self.kind = _kind(question)


class _Candidate:
    def __init__(
        self, source: SourceText, rank: int, place: int, sentence: Sentence, asked: _Question
    ) -> None:
        self.source = source
        self.rank = rank
        self.place = place
        self.sentence = sentence
        self.stems = _unfold(terms(f"{sentence.lead} {sentence.text}"), asked)
        self.counts = Counter(self.stems)
        self.above = set(_unfold(terms(f"{source.heading} {sentence.heading}"), asked))
        self.title = set(content_terms(sentence.heading or source.heading.rpartition(">")[2]))
        self.content = frozenset(content_terms(sentence.text))
        self.scanty = len(sentence.text.split()) < _FEW_WORDS and len(self.stems) < 2 * _FEW_WORDS
        self.plain = frozenset(terms(_IDENTIFIER.sub(" ", sentence.text)))

    def share_of(self, term: str) -> float:
        """How much of a term it holds: most in prose, less in an identifier, least in the heading above."""
        if term in self.plain:
            return 1.0
        if self.counts[term]:
            return _IDENTIFIER_SHARE
        return _HEADING_SHARE if term in self.above else 0.0


def _unfold(stems: list[str], asked: _Question) -> list[str]:
    return [part for stem in stems for part in (stem, *asked.compounds.get(stem, ()))]


def _weights(asked: _Question, candidates: Sequence[_Candidate]) -> dict[str, float]:
    """Between 0.5 and 1 by rarity: all candidates were found by these words, so none is worth nothing."""
    holding = {term: sum(1 for c in candidates if c.counts[term]) for term in asked.terms}
    total = len(candidates)
    rarity = {term: math.log(1 + total / (1 + count)) for term, count in holding.items()}
    most = max(rarity.values())
    return {
        term: (0.5 + 0.5 * value / most) * (1 if term in asked.own else 0.6) for term, value in rarity.items()
    }


def _coverage(candidate: _Candidate, weights: dict[str, float]) -> float:
    held = sum(weight * candidate.share_of(term) for term, weight in weights.items())
    return held / sum(weights.values())


def _score(candidate: _Candidate, asked: _Question, weights: dict[str, float]) -> float:
    near = sum(1 for pair in asked.pairs if _side_by_side(candidate.stems, *pair))
    return (
        _coverage(candidate, weights)
        + 0.15 * near / max(1, len(asked.pairs))
        + 0.16 / (1 + candidate.rank)
        + 0.05 / (1 + candidate.place)
        + _form(candidate.sentence)
        + _fit(candidate, asked)
        - 0.1 * max(0, len(candidate.stems) - 30) / 30
    )


def _form(sentence: Sentence) -> float:
    """What a sentence is worth by where it stands and how it is built."""
    worth = 0.06 * sentence.first + 0.04 * bool(sentence.lead)
    if sentence.text.endswith(":"):
        worth += 0.05 if sentence.code else -0.25
    if _SIDE_REMARK.match(sentence.text):
        worth -= 0.2
    if _POINTS_ELSEWHERE.search(sentence.text):
        worth -= 0.3
    if _DENIES.match(sentence.text):
        worth -= 0.08
    if _LEANS_BACK.match(sentence.text):
        worth -= 0.08
    return worth


def _fit(candidate: _Candidate, asked: _Question) -> float:
    """What it is worth as an answer of the kind that was asked for: what a thing is, or how to do it."""
    text = candidate.sentence.text
    scanty = 0.15 * candidate.scanty
    if asked.kind is _Kind.WHAT:
        named = set(asked.own) in (candidate.title, set(content_terms(candidate.sentence.lead)))
        subject = set(asked.own) <= set(terms(" ".join(text.split()[:4])))
        defines = 0.2 * bool(_DEFINES.match(text)) + 0.1 * subject
        return defines + 0.25 * (named and candidate.sentence.first) - scanty
    if asked.kind is _Kind.HOW:
        described = 0.1 * (bool(candidate.sentence.lead) and candidate.sentence.first)
        if terms(text.removeprefix("To "))[:1] == asked.own[:1]:
            return 0.3 + described
        return described + 0.05 * bool(_ADVISES.search(text)) - scanty
    return -scanty


def _side_by_side(stems: Sequence[str], left: str, right: str) -> bool:
    places = [at for at, stem in enumerate(stems) if stem == right]
    return any(left in stems[max(0, at - 3) : at + 4] for at in places)


def _is_answered(
    best: _Candidate, candidates: Sequence[_Candidate], asked: _Question, weights: dict[str, float]
) -> bool:
    """Whether the best sentence holds half of the question (of a short one: most), or its passage does."""
    enough = _ENOUGH if len(asked.terms) > 2 else _MOST
    if _coverage(best, weights) >= enough:
        return True
    around = [c for c in candidates if c.source is best.source]
    whole = sum(weight for term, weight in weights.items() if any(c.share_of(term) == 1.0 for c in around))
    return (
        len(asked.terms) > 2 and _coverage(best, weights) >= _SOME and whole >= _MOST * sum(weights.values())
    )


def _choose(scored: Sequence[tuple[float, _Candidate]]) -> list[_Candidate]:
    chosen: list[_Candidate] = []
    least = scored[0][0] * _CLOSE_TO_BEST
    for score, candidate in scored:
        if score < least or len(chosen) == _MOST_QUOTES:
            break
        sources = {c.source.number for c in chosen} | {candidate.source.number}
        if len(sources) <= _MOST_SOURCES and not any(_says_the_same(c, candidate) for c in chosen):
            chosen.append(candidate)
    return chosen


def _says_the_same(one: _Candidate, other: _Candidate) -> bool:
    smaller = min(len(one.content), len(other.content))
    return len(one.content & other.content) >= _SAME_CONTENT * max(1, smaller)


def _with_more(chosen: list[_Candidate], candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """What the best one needs to be understood: the sentence before it that it refers to, or one more."""
    best = chosen[0]
    beside = {
        c.place - best.place: c
        for c in candidates
        if c.source is best.source and c.sentence.block == best.sentence.block
    }
    before = [beside[-1]] if _LEANS_BACK.match(best.sentence.text) and -1 in beside else []
    after = (
        [beside[1]] if len(chosen) == 1 and len(best.sentence.text) < _SHORT_ANSWER and 1 in beside else []
    )
    return [*before, *(c for c in chosen if c not in before), *after]


def _in_reading_order(chosen: Sequence[_Candidate]) -> list[Quote]:
    """Source by source, each from the paragraph of its best sentence on; a lead is said once."""
    best: dict[int, _Candidate] = {}
    for candidate in chosen:
        best.setdefault(candidate.source.number, candidate)
    sources = list(best)

    def place(c: _Candidate) -> tuple[int, bool, int]:
        number = c.source.number
        return sources.index(number), c.sentence.block < best[number].sentence.block, c.place

    quotes: list[Quote] = []
    said = ""
    for candidate in sorted(chosen, key=place):
        lead = candidate.sentence.lead
        shown = "" if lead == said else lead
        quotes.append(Quote(candidate.source.number, candidate.sentence.text, shown, candidate.sentence.code))
        said = lead
    return quotes
