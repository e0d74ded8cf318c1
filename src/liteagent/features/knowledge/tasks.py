"""The run kind `indexing`: what its effects do to the world."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import PurePosixPath
from typing import Any, cast

import anyio.to_thread
import orjson
from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.datasource import (
    DataSource,
    DataSourceFactory,
    Listed,
    Parser,
    ParserFactory,
    RawDocument,
)
from liteagent.contracts.errors import DocumentUnreadableError, LiteAgentError, RunFailedError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject, dump, load
from liteagent.contracts.registry import Registry
from liteagent.contracts.runs import Effect, Event, Rider, RunRecord
from liteagent.contracts.storage import BlobStore
from liteagent.engine.rag.analysis import Analyzer
from liteagent.engine.rag.chunker import create_chunker
from liteagent.engine.rag.indexing import IndexingReducer, IndexingState, gone_documents
from liteagent.engine.rag.terms import analyze
from liteagent.engine.runs.protocol import EffectContext, EffectResult, Program, RunKind
from liteagent.features.knowledge import repository
from liteagent.features.knowledge.folders import OpenFolders
from liteagent.features.knowledge.models import DataSourceRow
from liteagent.features.knowledge.uploads import UploadedFiles
from liteagent.infra.db.database import Database

__all__ = ["INDEXING", "Indexer", "indexing_kind"]

INDEXING = "indexing"

_FORMAT = "1"
"""Part of every fingerprint: a new number has every document indexed anew."""

_OPERATOR = Principal("").name
"""Whoever has the data folder may name any path."""


class Indexer:
    """Reads, parses, chunks and analyses documents."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        sources: Registry[DataSourceFactory],
        parsers: Registry[ParserFactory],
        new_id: IdSource,
        folders: OpenFolders | None = None,
    ) -> None:
        self.database = database
        self.new_id = new_id
        self.analyzer = Analyzer()
        self._blobs = blobs
        self._sources = sources
        self._parsers = parsers
        self._folders = folders or OpenFolders()
        self.parser_of = cache(self._find_parser)

    def open(self, row: DataSourceRow) -> DataSource:
        """The source of a data source's documents.

        Raises:
            InvalidInputError: A user named its path, and it does not lead into an open folder any more.
        """
        if row.source_type == "file" and row.source_path is None:
            return UploadedFiles(self._blobs, row.files)
        if row.source_path is not None and row.created_by != _OPERATOR:
            self._folders.check(row.source_path)
        config = {"name": row.name, "content": row.content, "path": row.source_path}
        given = {key: value for key, value in config.items() if value is not None}
        return self._sources.get(row.source_type)(given)

    def _find_parser(self, suffix: str) -> Parser:
        parsers = [self._parsers.get(name)() for name in self._parsers.names()]
        found = (parser for parser in parsers if suffix in parser.suffixes)
        return next(found, None) or self._parsers.get("plain")()


def indexing_kind(indexer: Indexer) -> RunKind[IndexingState]:
    """The kind of run that `POST /api/datasources/{id}/index` starts."""

    def open_run(record: RunRecord, started: JsonObject) -> Program[IndexingState]:
        inputs = cast("Mapping[str, str]", started["inputs"])
        job = _Job(indexer, record, inputs["datasource_id"])
        performers = {"source": job.list, "document": job.index, "removal": job.remove}
        return Program(IndexingReducer(started), performers, job.riders)

    return RunKind(INDEXING, open_run)


@dataclass(frozen=True, slots=True)
class _Before:
    """A data source, and the documents that it had by name."""

    row: DataSourceRow
    known: Mapping[str, repository.KnownDocument]


class _Job:
    """The indexing of one data source."""

    def __init__(self, indexer: Indexer, record: RunRecord, datasource_id: str) -> None:
        self._indexer = indexer
        self._record = record
        self._datasource_id = datasource_id
        self._before: _Before | None = None

    async def list(self, _effect: Effect, _state: IndexingState, _context: EffectContext) -> EffectResult:
        """What the source has, and which documents it has no more."""
        before = await self._begun_with()
        listed = [dump(each) async for each in self._indexer.open(before.row).list()]
        ids = {name: document.id for name, document in before.known.items()}
        gone = gone_documents(ids, {each["name"] for each in listed})
        return EffectResult({"documents": listed, "gone": gone})

    async def index(self, effect: Effect, _state: IndexingState, _context: EffectContext) -> EffectResult:
        """Take one document in; one that has not changed is left as it is."""
        listed = load(Listed, effect.payload)
        before = await self._begun_with()
        row, known = before.row, before.known.get(listed.name)
        document_id = known.id if known else self._indexer.new_id()
        try:
            raw = await self._indexer.open(row).read(listed)
            fingerprint = _fingerprint(raw, row.chunker, self._indexer.analyzer)
            if known and known.fingerprint == fingerprint:
                return EffectResult({**_counted(known, len(raw.data)), "unchanged": True})
            document = await anyio.to_thread.run_sync(
                self._digest, document_id, raw, row.chunker, fingerprint
            )
        except DocumentUnreadableError as error:
            await self._note_failure(document_id, listed.name, error)
            raise
        put = partial(self._put, document=document)
        return EffectResult({**_counted(document, document.size), "unchanged": False}, (put,))

    async def remove(self, effect: Effect, _state: IndexingState, _context: EffectContext) -> EffectResult:
        """Take out documents that the source has no more."""
        documents = cast("Sequence[Mapping[str, str]]", effect.payload["documents"])

        def take_out(session: Session) -> None:
            for document in documents:
                repository.remove_document(session, self._datasource_id, document["document_id"])

        return EffectResult({"removed": len(documents)}, (take_out,))

    def riders(self, _state: IndexingState, event: Event) -> Sequence[Rider]:
        """The data source's status follows the run's end."""
        if event.type not in ("run.completed", "run.failed", "run.cancelled"):
            return ()
        values = _status_after(event)

        def settle(session: Session) -> None:
            repository.settle_source(session, self._datasource_id, self._record.id, values)

        return (settle,)

    def _put(self, session: Session, *, document: repository.IndexedDocument) -> None:
        repository.put_document(session, self._record.workspace_id, self._datasource_id, document)

    def _digest(
        self, document_id: str, raw: RawDocument, chunker: Mapping[str, Any], fingerprint: str
    ) -> repository.IndexedDocument:
        parsed = self._indexer.parser_of(PurePosixPath(raw.name).suffix.lower()).parse(raw)
        cutter = create_chunker(
            chunker["strategy"], chunk_size=chunker["chunk_size"], overlap=chunker["overlap"]
        )
        chunks = cutter.chunk(document_id, parsed.text, parsed.sections)
        return repository.IndexedDocument(
            id=document_id,
            name=raw.name,
            fingerprint=fingerprint,
            size=len(raw.data),
            media_type=parsed.media_type,
            title=parsed.title,
            text=parsed.text,
            chunks=chunks,
            terms=analyze(self._indexer.analyzer, chunks).to_bytes(),
        )

    async def _begun_with(self) -> _Before:
        """The data source and its documents as they are when this worker begins; read once."""

        def find(session: Session) -> _Before:
            row = session.get(DataSourceRow, self._datasource_id)
            if row is None:
                raise RunFailedError(
                    "The data source was deleted while it was indexed.", code="datasource_deleted"
                )
            return _Before(row, repository.known_documents(session, self._datasource_id))

        if self._before is None:
            self._before = await self._indexer.database.read(find)
        return self._before

    async def _note_failure(self, document_id: str, name: str, error: LiteAgentError) -> None:
        await self._indexer.database.write(
            lambda session: repository.fail_document(
                session, self._record.workspace_id, self._datasource_id, document_id, name, error.to_json()
            )
        )


def _counted(document: repository.KnownDocument | repository.IndexedDocument, size: int) -> dict[str, Any]:
    known = isinstance(document, repository.KnownDocument)
    return {
        "name": document.name,
        "document_id": document.id,
        "chunks": document.chunk_count if known else len(document.chunks),
        "characters": document.characters if known else len(document.text),
        "bytes": size,
    }


def _fingerprint(raw: RawDocument, chunker: Mapping[str, Any], analyzer: Analyzer) -> str:
    how = orjson.dumps([_FORMAT, analyzer.name, dict(chunker)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(hashlib.sha256(raw.data).digest() + how).hexdigest()


def _status_after(event: Event) -> dict[str, Any]:
    outputs = cast("Mapping[str, Any]", event.payload.get("outputs") or {})
    if event.type == "run.completed" and (outputs.get("documents") or not outputs.get("failed")):
        return {"status": "ready", "error": None, "indexed_at": datetime.now(UTC)}
    return {"status": "failed", "error": event.payload.get("error") or _reason(event).to_json()}


def _reason(event: Event) -> LiteAgentError:
    if event.type == "run.cancelled":
        return RunFailedError("Indexing was cancelled; start it again to go on.", code="cancelled")
    return DocumentUnreadableError(
        "No document of this data source could be read; each says why at …/documents.",
        code="nothing_readable",
    )
