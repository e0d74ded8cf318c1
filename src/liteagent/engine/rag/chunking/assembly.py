"""Makes chunks of the pieces that a way of cutting gives."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from liteagent.contracts.documents import Chunk
from liteagent.engine.rag.chunking.source import Piece, Source
from liteagent.engine.rag.content_id import content_id

__all__ = ["assemble"]


def assemble(
    document_id: str, source: Source, pieces: Iterable[Piece], pages: Sequence[int], tiny: int
) -> list[Chunk]:
    """The chunks, each with its headings, page and id.

    An id is made from what is searched (headings, context, text) and from how often the document has had
    the same before, never from where it stands: where a text is inserted, the chunks behind it keep theirs.
    """
    text, outline = source.text, source.outline
    seen: dict[str, int] = {}
    chunks: list[Chunk] = []
    for start, end, parent, context in pieces:
        body = text[start:end]
        heading = outline.heading(start, end, 0 if context else tiny)
        above = "\n".join((*heading, context)) if heading or context else ""
        chunk_id = content_id(document_id, above, body)
        times = seen[chunk_id] = seen.get(chunk_id, -1) + 1
        if times:
            chunk_id = content_id(chunk_id, str(times))
        page = max(bisect_right(pages, start), 1) if pages else None
        index = len(chunks)
        chunks.append(Chunk(chunk_id, document_id, index, start, end, body, heading, page, parent, context))
    return chunks
