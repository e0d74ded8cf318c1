"""Makes of a document's chunks what a vector store takes, in as few calls as the model allows."""

from collections.abc import Iterator, Sequence

import numpy as np

from liteagent.contracts.documents import Chunk, Passage
from liteagent.contracts.embedding import Embedder, EmbedderLimits
from liteagent.contracts.vectors import DocumentVectors

__all__ = ["batches", "embedded"]


async def embedded(
    embedder: Embedder, workspace_id: str, chunks: Sequence[Chunk], passages: Sequence[Passage]
) -> DocumentVectors:
    """The vectors of one document's chunks, with the passages that the store is to keep.

    Args:
        embedder: Whose `model` names the space.
        workspace_id: Whose they are.
        chunks: At least one.
        passages: Of the same chunks, in the same order.

    Raises:
        ProviderError: The embedding model failed.
    """
    texts = [chunk.searchable for chunk in chunks]
    vectors = [(await embedder.embed(batch, "passage")).vectors for batch in batches(texts, embedder.limits)]
    first = passages[0]
    return DocumentVectors(
        space=embedder.model,
        workspace_id=workspace_id,
        datasource_id=first.datasource_id,
        document_id=first.document.id,
        chunk_ids=tuple(chunk.id for chunk in chunks),
        vectors=np.concatenate(vectors),
        metadata=first.metadata,
        passages=tuple(passages),
    )


def batches(texts: Sequence[str], limits: EmbedderLimits) -> Iterator[list[str]]:
    """The texts in order, cut to what one text may have, in batches that keep within `limits`."""
    batch: list[str] = []
    characters = 0
    for text in texts:
        text = text[: limits.text_characters]
        if batch and (len(batch) >= limits.texts or characters + len(text) > limits.characters):
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += len(text)
    if batch:
        yield batch
