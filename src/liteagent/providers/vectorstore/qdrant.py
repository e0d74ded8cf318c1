"""The store `qdrant`: one collection for each space, on a Qdrant server. It needs the extra `qdrant`."""

import hashlib
import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeVar
from uuid import UUID, uuid5

import anyio
import numpy as np
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from liteagent.contracts.documents import Passage
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import (
    ConfigurationError,
    ProviderError,
    ProviderRequestError,
    ProviderUnavailableError,
)
from liteagent.contracts.json import JsonObject
from liteagent.contracts.retrieval import Hit, Scope, matches
from liteagent.contracts.vectors import DocumentVectors, StoreCounts
from liteagent.providers.vectorstore.intake import check_documents, check_query, wrong_dimensions
from liteagent.providers.vectorstore.passages import pack_passages, unpack_passages
from liteagent.providers.vectorstore.qdrant_filter import (
    all_of,
    description_of,
    is_filtered_here,
    scope_conditions,
    text_is,
)

__all__ = ["QdrantVectorStore", "create"]

T = TypeVar("T")

_PREFIX: Final = "liteagent"
_IDS: Final = UUID("6f6d3f0c-7f0a-5c61-9d0b-0d8f3a5b2b11")
_BATCH = 256
_KEYWORDS = ("datasource_id", "document_id", "facts")
_AHEAD = 16
_PATIENCE = 30
_MOST_DOCUMENTS = 10_000_000


class QdrantVectorStore:
    """A `VectorStore` on a Qdrant server, or in its client's local mode, which is for tests.

    A point's id is made of the workspace and the chunk id, so that no workspace can write over another's.
    Chunks are written in requests of 256: a longer document can be seen, and after a crash stay, in part.

    Args:
        client: Of a server, or of the local mode.
        prefix: What the names of the store's collections begin with; installations that share a server have
            different ones, none the beginning of another.
        indexed: Whether to make payload indexes, which local mode has not.
    """

    def __init__(self, client: AsyncQdrantClient, *, prefix: str = _PREFIX, indexed: bool = True) -> None:
        self._client = client
        self._prefix = f"{prefix}-"
        self._indexed = indexed
        self._making = anyio.Lock()
        self._dimensions: dict[str, int] = {}

    async def upsert(self, documents: Sequence[DocumentVectors]) -> None:
        """Add chunks; known ones are replaced."""
        dimensions = check_documents(documents)
        packed = [_packed(document) for document in documents]
        async with _translated():
            await self._open_spaces(dimensions)
            for document, points in zip(documents, packed, strict=True):
                if await self._known_dimensions(document.space) is not None:
                    await self._write(document, points)

    async def retain(self, space: str, workspace_id: str, document_id: str, chunk_ids: Sequence[str]) -> None:
        """Forget every chunk of a document in a space but these."""
        ids = [_point_id(workspace_id, chunk_id) for chunk_id in chunk_ids]
        async with _translated():
            if await self._known_dimensions(space) is not None:
                chosen = all_of(_document(workspace_id, document_id), without=ids)
                await self._delete(self._collection(space), chosen)

    async def delete(self, workspace_id: str, *, document_ids: Sequence[str]) -> None:
        """Forget documents in all spaces."""
        if not document_ids:
            return
        chosen = all_of([text_is("workspace_id", workspace_id), text_is("document_id", *document_ids)])
        async with _translated():
            for name in await self._collections():
                await self._delete(name, chosen)

    async def delete_datasource(
        self, workspace_id: str, datasource_id: str, *, except_space: str | None = None
    ) -> None:
        """Forget all of a data source, or all but what lies in one space."""
        chosen = all_of([text_is("workspace_id", workspace_id), text_is("datasource_id", datasource_id)])
        async with _translated():
            for name in await self._collections():
                if except_space is None or name != self._collection(except_space):
                    await self._delete(name, chosen)

    async def search(self, space: str, vector: Vectors, top_k: int, scope: Scope) -> Sequence[Hit]:
        """The chunks in `scope` nearest to `vector`."""
        async with _translated():
            dimensions = await self._known_dimensions(space)
            if dimensions is None:
                return []
            check_query(space, dimensions, vector)
            if top_k < 1 or scope.datasource_ids == ():
                return []
            return await self._nearest(self._collection(space), vector.tolist(), top_k, scope)

    async def vectors(self, space: str, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Vectors]:
        """The vectors of chunks in `scope`."""
        async with _translated():
            if await self._known_dimensions(space) is None:
                return {}
            records = await self._records(self._collection(space), chunk_ids, scope, vectors=True)
        return {_text(each, "chunk_id"): np.asarray(each.vector, np.float32) for each in records}

    async def passages(self, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Passage]:
        """The passages that were kept."""
        found: dict[str, Passage] = {}
        async with _translated():
            for name in await self._collections():
                for record in await self._records(name, chunk_ids, scope, vectors=False):
                    packed = (record.payload or {}).get("passage")
                    if packed is not None:
                        found[_text(record, "chunk_id")] = unpack_passages(packed)[0]
        return found

    async def count(self, space: str, scope: Scope) -> StoreCounts:
        """How many documents and chunks of a space lie in `scope`."""
        async with _translated():
            if await self._known_dimensions(space) is None or scope.datasource_ids == ():
                return StoreCounts()
            chosen, name = all_of(scope_conditions(scope)), self._collection(space)
            if is_filtered_here(scope):
                records = await self._scrolled(name, chosen, scope)
                return StoreCounts(len({_text(each, "document_id") for each in records}), len(records))
            answer = await self._client.facet(
                name, "document_id", facet_filter=chosen, limit=_MOST_DOCUMENTS, exact=True
            )
            return StoreCounts(len(answer.hits), sum(hit.count for hit in answer.hits))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _nearest(self, name: str, query: list[float], top_k: int, scope: Scope) -> list[Hit]:
        """Asks for more until all that score like the last hit are there, and enough that fit."""
        chosen, limit = all_of(scope_conditions(scope)), top_k + _AHEAD
        while True:
            answer = await self._client.query_points(
                name, query=query, query_filter=chosen, limit=limit, with_payload=["chunk_id", "metadata"]
            )
            points = [point for point in answer.points if _fits(point, scope)]
            hits = sorted(
                (Hit(_text(point, "chunk_id"), point.score) for point in points),
                key=lambda hit: (-hit.score, hit.chunk_id),
            )
            if len(answer.points) < limit or (len(hits) > top_k and hits[-1].score < hits[top_k - 1].score):
                return hits[:top_k]
            limit *= 4

    async def _write(self, document: DocumentVectors, points: Sequence[models.PointStruct]) -> None:
        name = self._collection(document.space)
        for begin in range(0, len(points), _BATCH):
            await self._client.upsert(name, points[begin : begin + _BATCH], wait=True)
        await self._client.set_payload(
            name,
            {"datasource_id": document.datasource_id, **description_of(document.metadata)},
            models.FilterSelector(filter=all_of(_document(document.workspace_id, document.document_id))),
            wait=True,
        )

    async def _delete(self, name: str, chosen: models.Filter) -> None:
        await self._client.delete(name, models.FilterSelector(filter=chosen), wait=True)

    async def _records(
        self, name: str, chunk_ids: Sequence[str], scope: Scope, *, vectors: bool
    ) -> list[models.Record]:
        """The points of chunks in `scope`."""
        ids = [_point_id(scope.workspace_id, chunk_id) for chunk_id in chunk_ids]
        found: list[models.Record] = []
        for begin in range(0, len(ids) if scope.datasource_ids != () else 0, _BATCH):
            these = models.HasIdCondition(has_id=list(ids[begin : begin + _BATCH]))
            found += await self._scrolled(
                name, all_of([*scope_conditions(scope), these]), scope, vectors=vectors
            )
        return found

    async def _scrolled(
        self, name: str, chosen: models.Filter, scope: Scope, *, vectors: bool = False
    ) -> list[models.Record]:
        found: list[models.Record] = []
        offset = None
        while True:
            records, offset = await self._client.scroll(
                name, scroll_filter=chosen, limit=_BATCH, offset=offset, with_vectors=vectors
            )
            found += [record for record in records if _fits(record, scope)]
            if offset is None:
                return found

    def _collection(self, space: str) -> str:
        """A name that the server takes; the readable part is for people, the digest tells spaces apart."""
        readable = re.sub(r"[^A-Za-z0-9_-]+", "-", space)[:80]
        return f"{self._prefix}{readable}-{hashlib.sha256(space.encode()).hexdigest()[:16]}"

    async def _collections(self) -> list[str]:
        answer = await self._client.get_collections()
        return sorted(each.name for each in answer.collections if each.name.startswith(self._prefix))

    async def _known_dimensions(self, space: str) -> int | None:
        if space not in self._dimensions:
            name = self._collection(space)
            if not await self._client.collection_exists(name):
                return None
            info = await self._client.get_collection(name)
            config = info.config.params.vectors
            assert isinstance(config, models.VectorParams)
            self._dimensions[space] = config.size
        return self._dimensions[space]

    async def _open_spaces(self, dimensions: Mapping[str, int]) -> None:
        async with self._making:
            missing: dict[str, int] = {}
            for space, wanted in dimensions.items():
                known = await self._known_dimensions(space)
                if known is None:
                    missing[space] = wanted
                elif known != wanted:
                    raise wrong_dimensions(space, known, wanted)
            for space, wanted in missing.items():
                await self._make_space(space, wanted)

    async def _make_space(self, space: str, dimensions: int) -> None:
        name = self._collection(space)
        try:
            await self._client.create_collection(
                name, vectors_config=models.VectorParams(size=dimensions, distance=models.Distance.DOT)
            )
        except UnexpectedResponse:
            if await self._known_dimensions(space) != dimensions:  # else another process has just made it
                raise
        if self._indexed:
            await self._make_indexes(name)

    async def _make_indexes(self, name: str) -> None:
        tenant = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
        await self._client.create_payload_index(name, "workspace_id", tenant)
        for key in _KEYWORDS:
            await self._client.create_payload_index(name, key, models.PayloadSchemaType.KEYWORD)


def create(config: JsonObject) -> QdrantVectorStore:
    """The store on the server at `url` (with `api_key` where it has one), or local in `path` or `:memory:`.

    Raises:
        ConfigurationError: There is neither.
    """
    url, path = _text_of(config, "url"), _text_of(config, "path")
    prefix = _text_of(config, "prefix") or _PREFIX
    if url.startswith(("http://", "https://")):
        key = _text_of(config, "api_key") or None
        client = AsyncQdrantClient(url=url, api_key=key, timeout=_PATIENCE, check_compatibility=False)
        return QdrantVectorStore(client, prefix=prefix)
    if path:
        in_memory = path == ":memory:"
        client = AsyncQdrantClient(path) if in_memory else AsyncQdrantClient(path=path)
        return QdrantVectorStore(client, prefix=prefix, indexed=False)
    raise ConfigurationError(
        "The vector store 'qdrant' needs a `url`, for instance http://localhost:6333, or a `path` for its "
        "local mode."
    )


def _text_of(config: JsonObject, key: str) -> str:
    value = config.get(key)
    return value if isinstance(value, str) else ""


def _packed(document: DocumentVectors) -> list[models.PointStruct]:
    about = {
        "workspace_id": document.workspace_id,
        "datasource_id": document.datasource_id,
        "document_id": document.document_id,
        **description_of(document.metadata),
    }
    points: list[models.PointStruct] = []
    for place, chunk_id in enumerate(document.chunk_ids):
        passage = pack_passages(document.passages[place : place + 1]) if document.passages else None
        payload = {**about, "chunk_id": chunk_id} | ({"passage": passage.decode()} if passage else {})
        points.append(
            models.PointStruct(
                id=_point_id(document.workspace_id, chunk_id),
                vector=document.vectors[place].tolist(),
                payload=payload,
            )
        )
    return points


def _document(workspace_id: str, document_id: str) -> list[models.Condition]:
    return [text_is("workspace_id", workspace_id), text_is("document_id", document_id)]


def _point_id(workspace_id: str, chunk_id: str) -> str:
    return str(uuid5(_IDS, json.dumps([workspace_id, chunk_id])))


def _text(point: models.ScoredPoint | models.Record, key: str) -> str:
    return str((point.payload or {})[key])


def _fits(point: models.ScoredPoint | models.Record, scope: Scope) -> bool:
    return not is_filtered_here(scope) or matches(json.loads(_text(point, "metadata")), scope.where)


@asynccontextmanager
async def _translated() -> AsyncGenerator[None]:
    try:
        yield
    except UnexpectedResponse as error:
        status = error.status_code or 500
        kind: type[ProviderError] = ProviderRequestError if status < 500 else ProviderUnavailableError
        raise kind(f"Qdrant answered {status}: {error.reason_phrase}. Look into its log.") from error
    except ApiException as error:
        raise ProviderUnavailableError(
            f"Qdrant cannot be reached: {error}. Look whether it runs, then try again."
        ) from error
