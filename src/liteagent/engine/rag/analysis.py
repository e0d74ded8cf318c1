"""Words as an index sees them: folded, stemmed, taken apart, and known by a 64-bit number.

A term's number is the first 8 bytes of BLAKE2b of its text, so documents that were analysed in different
processes agree without a shared vocabulary. Among a million terms the chance that any two share a number is
about 3e-8.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from hashlib import blake2b
from threading import Lock

import numpy as np

from liteagent.engine.rag.stemming import stemmer
from liteagent.engine.rag.stop_words import STOP_WORDS
from liteagent.engine.rag.vocabulary import TermNumbers, Vocabulary

__all__ = ["Analyzer"]

_VERSION = 1
_MOST_PIECES = 100_000
_NUMBERS_KEPT = 65_536
_LONGEST_WORD = 128

# Marks are part of a word, though `\w` leaves them out: vowel signs of Indic and Thai, Hebrew and Arabic
# points.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0981-\u0983"
    "\u09bc-\u09cd\u0a01-\u0a03\u0a3c-\u0a4d\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b4d\u0bbe-\u0bcd"
    "\u0c00-\u0c04\u0c3e-\u0c4d\u0c81-\u0c83\u0cbc-\u0ccd\u0d00-\u0d03\u0d3e-\u0d4d\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u109d\u17b4-\u17d3"
)
_WORD = re.compile(rf"[\w{_MARKS}]+(?:\.[\w{_MARKS}]+)*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W_A-Za-z0-9][^\W_]*")
_UNSPACED = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
# In plain ASCII what parts words becomes blanks; the points stay, for `os.path` is one word.
_BLANKED = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) in "_.")}
_IDEOGRAPH = re.compile("[\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


class Analyzer:
    """Turns text into terms; questions and documents must go through the same one.

    Words are case-folded (and NFKC-normalised), stop words dropped, the rest stemmed. An identifier such as
    `os.path.joinAll` or `max_tokens` gives its parts and itself. Chinese, Japanese, Korean, Thai, Lao,
    Khmer and Burmese, most of which do not part words by blanks, give every pair of neighbouring
    characters, and Chinese characters themselves.

    Args:
        language: A Snowball stemmer's name (`english`, `german`, `french` …).

    Raises:
        InvalidInputError: There is no stemmer of that name.

    Example:
        >>> Analyzer("english").words("The HTTPServer's parsing")
        ['httpserver', 'http', 'server', 'pars']
    """

    def __init__(self, language: str = "english") -> None:
        self._stem = stemmer(language)
        self.language = language
        self._stop_words = STOP_WORDS.get(language, frozenset())
        self._vocabulary = Vocabulary(self._learn)
        self._lock = Lock()  # a Snowball stemmer keeps state while it works

    @cached_property
    def name(self) -> str:
        """What terms must have in common to be compared: language and version of these rules."""
        return f"{self.language}/{_VERSION}"

    def accepts(self, name: str) -> bool:
        """Whether terms of the analyser called `name` can be compared with this one's."""
        return name == self.name

    def for_text(self, text: str) -> "Analyzer":  # noqa: ARG002  the language is given
        """The analyser for a document: this one, whatever its text."""
        return self

    def query_counts(self, text: str, names: Collection[str]) -> dict[int, int]:  # noqa: ARG002  all are its own
        """How often each term occurs in a question to documents of the analysers called `names`."""
        return self.counts(text)

    def counts(self, text: str) -> dict[int, int]:
        """How often each term occurs in `text`, by its number."""
        terms: list[int] = self.terms([text])[0].tolist()
        return dict(Counter(terms))

    def terms(self, texts: Iterable[str]) -> tuple[TermNumbers, TermNumbers]:
        """The numbers of the terms of texts, one text after the other, and how many each text has."""
        vocabulary = self._vocabulary_with_room()
        pieces: list[str] = []
        ends = [0]
        for text in texts:
            pieces += _pieces(text)
            ends.append(len(pieces))
        terms, sizes = vocabulary.terms(pieces)
        before = np.concatenate(([0], np.cumsum(sizes)))
        return terms, np.diff(before[ends])

    def words(self, text: str) -> list[str]:
        """The terms of `text` in order, readable: for explanations and tests."""
        return [term for word in _WORD.findall(text) for term in self._analyse(word)]

    def _vocabulary_with_room(self) -> Vocabulary:
        """The words that come again and again stay known; those that were seen once go after a while."""
        vocabulary = self._vocabulary
        if vocabulary.given_out >= _MOST_PIECES:
            vocabulary.forget_before()
            vocabulary = self._vocabulary = Vocabulary(self._learn, vocabulary)
        return vocabulary

    def _learn(self, piece: str) -> list[int]:
        words = [piece] if piece.isascii() and piece.isalpha() else _WORD.findall(piece)
        return [_number(term) for word in words for term in self._analyse(word)]

    def _analyse(self, word: str) -> list[str]:
        with self._lock:
            if word.isascii() and word.isalpha() and (word.islower() or word.istitle()):
                return self._fold(word)
            return [term for part in _with_parts(word) for term in self._fold(part)]

    def _fold(self, word: str) -> list[str]:
        folded = word.casefold()
        if folded.isascii():
            return [] if folded in self._stop_words else [self._stem(folded)[:_LONGEST_WORD]]
        folded = unicodedata.normalize("NFKC", folded)
        if folded in self._stop_words:
            return []
        if not _UNSPACED.search(folded):
            return [self._stem(folded)[:_LONGEST_WORD]]
        return list(self._unspaced(folded))

    def _unspaced(self, word: str) -> Iterator[str]:
        place = 0
        for run in _UNSPACED.finditer(word):
            if run.start() > place:
                yield self._stem(word[place : run.start()])
            yield from _pairs(run[0])
            place = run.end()
        if place < len(word):
            yield self._stem(word[place:])


def _pieces(text: str) -> Sequence[str]:
    """A text in pieces that together have its words, none of them in two; made to be fast."""
    return text.translate(_BLANKED).replace(". ", " ").split() if text.isascii() else _WORD.findall(text)


def _with_parts(word: str) -> tuple[str, ...]:
    """The word, and what it is made of if it is an identifier."""
    if word.isalpha() and (word.islower() or word.isupper() or word.istitle()):
        return (word,)
    parts = [part for piece in word.split(".") for part in _identifier(piece)]
    return (word, *parts) if len(parts) > 1 or (parts and parts[0] != word) else (word,)


def _identifier(piece: str) -> list[str]:
    return _PART.findall(piece) if piece.isascii() else [part for part in piece.split("_") if part]


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
        return
    yield from (run[place : place + 2] for place in range(len(run) - 1))
    yield from _IDEOGRAPH.findall(run)


@lru_cache(_NUMBERS_KEPT)
def _number(term: str) -> int:
    digest = blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)
