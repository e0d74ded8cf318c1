"""What every vector store refuses, so that they agree."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from liteagent.contracts.documents import Scalar
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.vectors import DocumentVectors

__all__ = ["check_documents", "check_query", "wrong_dimensions"]

_LARGEST = 2**63


def check_documents(documents: Sequence[DocumentVectors]) -> dict[str, int]:
    """The dimensions of each space that the documents bring chunks for.

    Raises:
        InvalidInputError: Chunks, vectors and passages are not as many; a chunk id comes twice in a document;
            vectors of one space differ in dimensions or are not finite; an id or the metadata holds what JSON
            or a database can't.
    """
    dimensions: dict[str, int] = {}
    for document in documents:
        _check_shape(document)
        _check_values(document)
        if document.chunk_ids:
            found = int(document.vectors.shape[1])
            if dimensions.setdefault(document.space, found) != found:
                raise wrong_dimensions(document.space, dimensions[document.space], found)
    return dimensions


def check_query(space: str, dimensions: int, vector: Vectors) -> None:
    """Refuse a query that cannot be compared with the vectors of a space.

    Raises:
        InvalidInputError: It has another shape than `(dimensions,)`, or is not finite.
    """
    if vector.shape != (dimensions,):
        raise wrong_dimensions(space, dimensions, int(vector.shape[-1]) if vector.ndim else 0)
    if not np.isfinite(vector).all():
        raise InvalidInputError("The vector of a query has to be of finite numbers.")


def wrong_dimensions(space: str, expected: int, found: int) -> InvalidInputError:
    """The error for vectors that do not fit into their space."""
    return InvalidInputError(
        f"The space {space!r} has vectors of {expected} dimensions, and these have {found}. Use the model "
        "that the space is named after, or another name for the space."
    )


def _check_shape(document: DocumentVectors) -> None:
    chunks = len(document.chunk_ids)
    if document.vectors.ndim != 2 or len(document.vectors) != chunks:
        raise InvalidInputError(
            f"Document {document.document_id!r} has {chunks} chunks and vectors of the shape "
            f"{document.vectors.shape}. Give one row a chunk."
        )
    if chunks and not 0 < document.vectors.shape[1] <= 16_000:
        raise InvalidInputError("Vectors have between 1 and 16000 dimensions.")
    if document.passages is not None and len(document.passages) != chunks:
        raise InvalidInputError(
            f"Document {document.document_id!r} has {chunks} chunks and {len(document.passages)} passages."
        )
    if len(set(document.chunk_ids)) != chunks:
        raise InvalidInputError(f"Document {document.document_id!r} names a chunk id twice.")
    if not np.isfinite(document.vectors).all():
        raise InvalidInputError(f"Document {document.document_id!r} has vectors that are not finite.")


def _check_values(document: DocumentVectors) -> None:
    ids = (document.space, document.workspace_id, document.datasource_id, document.document_id)
    if not all(map(_is_writable, _texts([*ids, *document.chunk_ids]))):
        raise InvalidInputError(
            f"An id of document {document.document_id!r} holds a NUL or half of a surrogate pair."
        )
    for field, value in document.metadata.items():
        if not all(map(_is_writable, _texts([field, value]))) or not _is_finite(value):
            raise InvalidInputError(
                f"The metadata {field!r} of document {document.document_id!r} is not finite, over 64 "
                "bits, or holds a NUL or half of a surrogate pair. Leave it out or clean it."
            )


def _texts(values: Iterable[Scalar]) -> Iterable[str]:
    return (value for value in values if isinstance(value, str))


def _is_writable(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text))


def _is_finite(value: Scalar) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str) or abs(value) < _LARGEST
