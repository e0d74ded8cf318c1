"""Texts cut into chunks and their words: the same in this process and in a child of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from liteagent.contracts.datasource import ParsedDocument
from liteagent.contracts.documents import Chunk, Span
from liteagent.engine.rag.chunker import Encode, create_chunker
from liteagent.engine.rag.terms import analyze
from liteagent.features.knowledge.analyzers import analyzer_of

__all__ = ["Cut", "PackedCut", "Rules", "Text", "chunker_choice", "cut", "packed", "unpacked"]

PackedCut: TypeAlias = tuple[bytes, list[tuple[Any, ...]]]
"""A cut without what its document says already."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How texts are cut, and the name of the analyzer that their words go through."""

    chunker: dict[str, Any]
    analyzer: str

    @property
    def compares_meanings(self) -> bool:
        """Whether texts are cut by their embeddings."""
        return chunker_choice(self.chunker)[0] == "semantic"


@dataclass(frozen=True, slots=True)
class Text:
    """A document to be cut."""

    document_id: str
    parsed: ParsedDocument


@dataclass(frozen=True, slots=True)
class Cut:
    """The chunks of a document, and their words as an index keeps them."""

    chunks: Sequence[Chunk]
    terms: bytes = field(repr=False)


def chunker_choice(chunker: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The kind and the options that `create_chunker` takes."""
    options = dict(chunker)
    return str(options.pop("strategy", "recursive")), options


def cut(rules: Rules, text: Text, encode: Encode | None = None) -> Cut:
    """Cut a document; pure, and what it takes is time of a processor.

    Where rules compare meanings, `encode` embeds texts.
    """
    kind, options = chunker_choice(rules.chunker)
    parsed = text.parsed
    chunks = create_chunker(kind, encode=encode, **options).chunk(
        text.document_id, parsed.text, parsed.sections, pages=parsed.pages, media_type=parsed.media_type
    )
    return Cut(chunks, analyze(analyzer_of(rules.analyzer), chunks).to_bytes())


def packed(made: Cut) -> PackedCut:
    """What cannot be told from the document."""
    return made.terms, [
        (
            each.id,
            each.start,
            each.end,
            each.heading,
            each.page,
            each.parent and tuple(each.parent),
            each.context,
        )
        for each in made.chunks
    ]


def unpacked(text: Text, made: PackedCut) -> Cut:
    """The cut that `packed` was given."""
    terms, rows = made
    body = text.parsed.text
    chunks = [
        Chunk(
            id_,
            text.document_id,
            place,
            start,
            end,
            body[start:end],
            heading,
            page,
            parent and Span(*parent),
            context,
        )
        for place, (id_, start, end, heading, page, parent, context) in enumerate(rows)
    ]
    return Cut(chunks, terms)
