"""Documents, the chunks they are cut into, and the passages that answers cite."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Chunk", "Citation", "DocumentRef", "Passage"]


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document as a citation names it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document's text.

    `text == document_text[start:end]` always holds; offsets count code points. `heading` is the path of
    headings above the chunk, outermost first, where the format has any.
    """

    id: str
    document_id: str
    index: int
    start: int
    end: int
    text: str
    heading: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that a retriever found, with its score and how that came about.

    `explanation` maps a part's name (`bm25`) to its share of `score`; higher is better.
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
        )
