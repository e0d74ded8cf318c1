"""Cuts a document's text into chunks whose offsets are exact by construction.

Nothing is rewritten: a chunk is a range of the text, so `text[start:end] == chunk.text` cannot fail. What is
not blank is in some chunk, and nothing is in two but the overlap that was asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, Protocol, TypeAlias, get_args

from liteagent.contracts.datasource import Section
from liteagent.contracts.documents import Chunk
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.chunking.assembly import assemble
from liteagent.engine.rag.chunking.code import Code
from liteagent.engine.rag.chunking.fixed import Fixed
from liteagent.engine.rag.chunking.markdown import markdown_sections
from liteagent.engine.rag.chunking.options import Options
from liteagent.engine.rag.chunking.parent_child import ParentChild
from liteagent.engine.rag.chunking.question_answer import QuestionAnswer
from liteagent.engine.rag.chunking.recursive import Recursive
from liteagent.engine.rag.chunking.ruler import CharacterRuler, Ruler, TokenRuler, TokenStarts, Unit
from liteagent.engine.rag.chunking.semantic import Encode, Semantic
from liteagent.engine.rag.chunking.source import Cutter, Sizes, Source
from liteagent.engine.rag.chunking.structure import Structure
from liteagent.engine.rag.chunking.tokens import approximate_tokens
from liteagent.engine.rag.outline import Outline

__all__ = [
    "Chunker",
    "ChunkerKind",
    "Encode",
    "RecursiveChunker",
    "TokenStarts",
    "Unit",
    "create_chunker",
]

ChunkerKind: TypeAlias = Literal[
    "fixed", "recursive", "semantic", "structure", "code", "parent_child", "question_answer"
]


class Chunker(Protocol):
    """Cuts a text into chunks."""

    def chunk(
        self,
        document_id: str,
        text: str,
        sections: Sequence[Section] = (),
        *,
        pages: Sequence[int] = (),
        media_type: str = "text/plain",
    ) -> list[Chunk]:
        """The chunks of a document, in order; blank stretches between chunks belong to none.

        Args:
            document_id: What the chunks' ids are made from, together with their content.
            text: The document's.
            sections: Its headings; those of Markdown are found where none are given.
            pages: Where each page begins, in order.
            media_type: What the document is.
        """
        ...


class _CutterChunker:
    def __init__(self, cutter: Cutter, sizes: Sizes, tokens: TokenStarts | None = None) -> None:
        self._cutter = cutter
        self._tiny = sizes.tiny
        self._unit = sizes.unit
        self._tokens = tokens or approximate_tokens

    def chunk(
        self,
        document_id: str,
        text: str,
        sections: Sequence[Section] = (),
        *,
        pages: Sequence[int] = (),
        media_type: str = "text/plain",
    ) -> list[Chunk]:
        """The chunks of a document, in order; blank stretches between chunks belong to none."""
        if not sections and media_type == "text/markdown":
            sections = markdown_sections(text)
        ruler = self._ruler(text)
        source = Source(text, media_type, Outline(sections, len(text), ruler.size), ruler)
        return assemble(document_id, source, self._cutter.pieces(source), pages, self._tiny)

    def _ruler(self, text: str) -> Ruler:
        if self._unit == "characters":
            return CharacterRuler()
        return TokenRuler(self._tokens(text), len(text))


class RecursiveChunker(_CutterChunker):
    """Cuts at the coarsest separator that fills at least half a chunk.

    A chunk stays inside a section of level 1 to 3 unless that section is tiny (a quarter of a chunk), in
    which case it goes together with what follows it. The same input gives the same chunks with the same
    ids.

    Args:
        chunk_size: Most code points in a chunk, at least 32.
        overlap: Most code points that a chunk repeats from the one before, at most half of `chunk_size`;
            also at most half of that chunk. It begins at a word where there is one, and never in another
            section.

    Raises:
        InvalidInputError: A size is out of range.

    Example:
        >>> chunks = RecursiveChunker(chunk_size=32, overlap=0).chunk("d1", "One sentence. " * 4)
        >>> [(chunk.start, chunk.end) for chunk in chunks]
        [(0, 27), (28, 55)]
    """

    def __init__(self, chunk_size: int = 1000, overlap: int = 100) -> None:
        sizes = Sizes(chunk_size, overlap)
        super().__init__(Recursive(sizes), sizes)


def create_chunker(
    kind: ChunkerKind | str = "recursive",
    *,
    chunk_size: int = 1000,
    overlap: int = 100,
    unit: Unit = "characters",
    encode: Encode | None = None,
    tokens: TokenStarts | None = None,
    **options: object,
) -> Chunker:
    """A chunker by name.

    `fixed` cuts windows of one size; `recursive` at paragraphs, lines, sentences or words; `semantic` where
    the topic changes; `structure` by headings, tables, lists and fenced code; `code` by definitions;
    `parent_child` into small chunks that know the wider range around them; `question_answer` into answers
    that know their question.

    Args:
        kind: One of the seven.
        chunk_size: Most of `unit` in a chunk: at least 32 characters, or 16 tokens.
        overlap: Most of `unit` that a chunk repeats from the one before it, at most half of `chunk_size`;
            `semantic` and `code` repeat nothing.
        unit: `characters` (code points) or `tokens`.
        encode: Embeds texts, synchronously; `semantic` needs it, the others do not use it.
        tokens: Tells where each token of a text begins; `approximate_tokens` where omitted.
        options: Of one kind only. `semantic`: `percentile` (90) or `threshold`, `window` (3), `minimum`
            (`chunk_size` // 8). `structure`: `join_below` (`chunk_size` // 4). `code`: `language`.
            `parent_child`: `parent_size` (4 * `chunk_size`). None stands for the default.

    Raises:
        InvalidInputError: An unknown kind or option, a size out of range, or `semantic` without `encode`.
    """
    maker = _MAKERS.get(kind)
    if maker is None:
        known = ", ".join(repr(name) for name in get_args(ChunkerKind))
        raise InvalidInputError(f"There is no chunker {kind!r}; use one of {known}.")
    sizes = Sizes(chunk_size, overlap, unit)
    taken = Options(kind, options)
    cutter = maker(sizes, taken, encode)
    taken.finish()
    return _CutterChunker(cutter, sizes, tokens)


_Maker: TypeAlias = Callable[[Sizes, Options, Encode | None], Cutter]


def _semantic(sizes: Sizes, options: Options, encode: Encode | None) -> Cutter:
    if encode is None:
        raise InvalidInputError(
            "The chunker 'semantic' compares sentences by their embeddings; choose an embedder for it, "
            "or use 'recursive'."
        )
    return Semantic(
        sizes,
        encode,
        percentile=options.number("percentile", 0, 100),
        threshold=options.number("threshold", -1, 1),
        window=options.integer("window", 3, 1),
        minimum=options.integer("minimum", sizes.size // 8, 0),
    )


def _structure(sizes: Sizes, options: Options, _encode: Encode | None) -> Cutter:
    return Structure(sizes, options.integer("join_below", sizes.tiny, 0))


def _code(sizes: Sizes, options: Options, _encode: Encode | None) -> Cutter:
    return Code(sizes, options.text("language"))


def _parent_child(sizes: Sizes, options: Options, _encode: Encode | None) -> Cutter:
    return ParentChild(sizes, options.integer("parent_size", 4 * sizes.size, 1))


_MAKERS: Mapping[str, _Maker] = MappingProxyType(
    {
        "fixed": lambda sizes, _options, _encode: Fixed(sizes),
        "recursive": lambda sizes, _options, _encode: Recursive(sizes),
        "semantic": _semantic,
        "structure": _structure,
        "code": _code,
        "parent_child": _parent_child,
        "question_answer": lambda sizes, _options, _encode: QuestionAnswer(sizes),
    }
)
