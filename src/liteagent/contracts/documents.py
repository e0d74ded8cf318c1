"""Documents, the chunks they are cut into, and the passages that answers cite."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

__all__ = ["Chunk", "Citation", "DocumentRef", "Passage", "Scalar", "Span"]

Scalar: TypeAlias = str | int | float | bool
"""A value of a document's metadata."""


class Span(NamedTuple):
    """A range of a text, in code points; `end` is one past the last."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document as a citation names it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document's text.

    `text == document_text[start:end]` always holds; offsets count code points.

    Attributes:
        heading: The path of headings above the chunk, outermost first, where the format has any.
        page: The page that it begins on, counted from 1, where the format has pages.
        parent: The wider range that an answer may read instead, where the chunk is only a part to find it by.
        context: What is searched together with the text although it does not stand in it: the question
            that it answers, the header of the table that it is a part of.
    """

    id: str
    document_id: str
    index: int
    start: int
    end: int
    text: str
    heading: tuple[str, ...] = ()
    page: int | None = None
    parent: Span | None = None
    context: str = ""

    @property
    def searchable(self) -> str:
        """What indexes and embedders are given: headings, context and text, a line each."""
        return "\n".join((*self.heading, *((self.context,) if self.context else ()), self.text))


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that a retriever found, with its score and how that came about.

    Attributes:
        start: First code point of `text` in the document; `end` is one past the last. A passage that was
            widened to its chunk's parent has the parent's range.
        score: Higher is better; comparable within one result only.
        explanation: How the score came about: each part's raw score (`bm25`, `vector`, `rerank`), its rank
            (`bm25_rank`) and its share of the fused score (`bm25_share`).
        metadata: The document's.
    """

    chunk_id: str
    document: DocumentRef
    datasource_id: str
    start: int
    end: int
    text: str
    score: float
    heading: tuple[str, ...] = ()
    explanation: Mapping[str, float] = field(default_factory=dict[str, float])
    page: int | None = None
    parent: Span | None = None
    metadata: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


@dataclass(frozen=True, slots=True)
class Citation:
    """What an answer rests on; `text` equals the stored document's `[start:end]`.

    `marker` is the number in the answer's text that stands for it: 2 for `[2]`.
    """

    document: DocumentRef
    datasource_id: str
    chunk_id: str
    start: int
    end: int
    text: str
    score: float
    marker: int
    heading: tuple[str, ...] = ()
    page: int | None = None

    @classmethod
    def of(cls, passage: Passage, marker: int) -> "Citation":
        """The citation of a passage that the text marks with `[marker]`."""
        return cls(
            passage.document,
            passage.datasource_id,
            passage.chunk_id,
            passage.start,
            passage.end,
            passage.text,
            passage.score,
            marker,
            passage.heading,
            passage.page,
        )
