"""The run kind `indexing`: what its effects do to the world."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.datasource import DataSource, DocumentReader, Listed, ParsedDocument, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError, LiteAgentError, RunFailedError
from liteagent.contracts.json import JsonObject, dump, load
from liteagent.contracts.runs import Effect, Event, Rider, RunRecord
from liteagent.engine.rag.indexing import IndexingReducer, IndexingState, gone_documents, is_passing
from liteagent.engine.runs.protocol import EffectContext, EffectResult, Program, RunKind
from liteagent.features.knowledge import generations, indexed, settling
from liteagent.features.knowledge.cutter import Cutter
from liteagent.features.knowledge.cutting import Rules
from liteagent.features.knowledge.deriving import Deriver, Progress, Source
from liteagent.features.knowledge.indexed import Derived, IndexedDocument, KnownDocument, Place
from liteagent.features.knowledge.models import DataSourceRow, DocumentRow
from liteagent.features.knowledge.opening import SourceOpener
from liteagent.features.knowledge.recipe import Recipe
from liteagent.features.llm_providers.embedders import EmbedderService
from liteagent.infra.db.database import Database

__all__ = ["INDEXING", "Indexer", "indexing_kind"]

INDEXING = "indexing"

_FORMAT = "2"
"""Part of every fingerprint: a new number has every document read and indexed anew."""

_QUIET = 0.4
"""Seconds between two notes of how far a document is; a document that takes less writes none."""


@dataclass(frozen=True, slots=True)
class Indexer:
    """What indexing works with."""

    database: Database
    opener: SourceOpener
    reader: DocumentReader
    embedders: EmbedderService
    new_id: IdSource
    cutter: Cutter = field(default_factory=Cutter)


def indexing_kind(indexer: Indexer) -> RunKind[IndexingState]:
    """The kind of run that `POST /api/datasources/{id}/index` starts."""

    def open_run(record: RunRecord, started: JsonObject) -> Program[IndexingState]:
        job = _Job(indexer, record, started)
        performers = {
            "source": job.list,
            "document": job.index,
            "documents": job.index_many,
            "removal": job.remove,
            "plan": job.plan,
            "rebuild": job.rebuild,
            "switch": job.switch,
        }
        return Program(IndexingReducer(started), performers, job.riders)

    return RunKind(INDEXING, open_run)


@dataclass(frozen=True, slots=True)
class _Before:
    """A data source, and the documents that it had by name."""

    row: DataSourceRow
    known: Mapping[str, KnownDocument]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is searched yet, so that any recipe will do."""
        return self.row.made_with is None or not any(each.fingerprint for each in self.known.values())


@dataclass(frozen=True, slots=True)
class _Read:
    """A document that is new or has changed, with its text."""

    id: str
    listed: Listed
    fingerprint: str
    size: int
    parsed: ParsedDocument

    def source(self, place: Place) -> Source:
        return Source(place, self.id, self.fingerprint, self.parsed)

    def made(self, derived: Derived) -> IndexedDocument:
        return IndexedDocument(self.id, self.listed, self.fingerprint, self.size, self.parsed, derived)


class _Job:
    """The indexing of one data source."""

    def __init__(self, indexer: Indexer, record: RunRecord, started: JsonObject) -> None:
        inputs = cast("Mapping[str, Any]", started["inputs"])
        definition = cast("Mapping[str, Any]", started.get("definition") or {})
        self._indexer = indexer
        self._database = indexer.database
        self._record = record
        self._datasource_id: str = inputs["datasource_id"]
        self._only: frozenset[str] | None = frozenset(inputs["documents"]) if "documents" in inputs else None
        self._recipe = load(Recipe, definition.get("recipe") or {})
        self._before: _Before | None = None
        self._source: DataSource | None = None

    async def list(self, _effect: Effect, _state: IndexingState, _context: EffectContext) -> EffectResult:
        """What the source has, and which documents it has no more."""
        before = await self._begun_with()
        recipe = await self._with_space(self._recipe)
        listed = [each async for each in self._opened(before.row).list()]
        names = {each.name for each in listed}
        gone = gone_documents({name: each.id for name, each in before.known.items()}, names)
        rebuild = not before.is_empty and not recipe.same(load(Recipe, before.row.made_with or {}))
        if self._only is not None:
            listed = [each for each in listed if each.name in self._only]
            gone = [each for each in gone if each["name"] in self._only]
            rebuild = False
        unique = {each.name: each for each in listed}
        fresh = [(self._indexer.new_id(), each) for name, each in unique.items() if name not in before.known]
        place = self._place(before)
        total = len(unique) * (2 if rebuild else 1)

        def begin(session: Session) -> None:
            indexed.enlist(session, place, fresh, total)
            generations.drop_generations(session, place)
            if before.is_empty:
                indexed.settle_source(
                    session, self._datasource_id, self._record.id, {"made_with": dump(recipe)}
                )

        self._before = None  # there are more documents now
        documents = [dump(each) for each in unique.values()]
        return EffectResult({"documents": documents, "gone": gone, "rebuild": rebuild}, (begin,))

    async def index(self, effect: Effect, _state: IndexingState, context: EffectContext) -> EffectResult:
        """Take one document in; one that has not changed is left as it is."""
        asked = dict(effect.payload)
        attempt = max(int(cast("int", asked.pop("attempt", 1))), context.attempt)
        before = await self._begun_with()
        known = await self._read(before, load(Listed, asked), attempt)
        if not isinstance(known, _Read):
            return known
        with_progress = _noting(self._database, known.id, attempt)
        try:
            derived = await (await self._deriver(before)).derive(
                known.source(self._place(before)), with_progress
            )
        except LiteAgentError as error:
            await self._note_failure(before, known.id, error, attempt)
            raise
        return self._kept(before, [known.made(derived)], attempt)

    async def index_many(self, effect: Effect, _state: IndexingState, context: EffectContext) -> EffectResult:
        """Take small documents in, in one commit; one that fails says why and the others go on."""
        before = await self._begun_with()
        told: list[JsonObject] = []
        riders: list[Rider] = []
        read: list[_Read] = []
        for asked in cast("Sequence[JsonObject]", effect.payload["documents"]):
            listed = load(Listed, asked)
            try:
                known = await self._read(before, listed, context.attempt)
            except LiteAgentError as error:
                told.append({"name": listed.name, "error": error.to_json()})
                continue
            if isinstance(known, _Read):
                read.append(known)
            else:
                told.append(known.payload)
                riders.extend(known.riders)
        sources = [each.source(self._place(before)) for each in read]
        derived = await (await self._deriver(before)).derive_all(sources)
        documents = [each.made(made) for each, made in zip(read, derived, strict=True)]
        told.extend({**_counted(each), "unchanged": False} for each in documents)
        return EffectResult(
            {"documents": told}, (*riders, *self._kept(before, documents, context.attempt).riders)
        )

    async def remove(self, effect: Effect, _state: IndexingState, _context: EffectContext) -> EffectResult:
        """Take out documents that the source has no more."""
        documents = cast("Sequence[Mapping[str, str]]", effect.payload["documents"])

        def take_out(session: Session) -> None:
            for document in documents:
                indexed.remove_document(session, self._datasource_id, document["document_id"])

        return EffectResult({"removed": len(documents)}, (take_out,))

    async def plan(self, _effect: Effect, _state: IndexingState, _context: EffectContext) -> EffectResult:
        """Which documents are to be made anew: all that have a text."""
        found = await self._database.read(
            lambda session: generations.planned_documents(session, self._datasource_id)
        )
        return EffectResult({"documents": [{"document_id": id_, "name": name} for id_, name in found]})

    async def rebuild(self, effect: Effect, _state: IndexingState, _context: EffectContext) -> EffectResult:
        """Make one document anew from its text, into the generation that is not searched yet."""
        document_id = str(effect.payload["document_id"])
        found = await self._database.read(lambda session: generations.parsed_document(session, document_id))
        if found is None:
            return EffectResult({})  # it was deleted meanwhile
        parsed, fingerprint = found
        place = _behind(self._place(await self._begun_with()))
        deriver = await self._deriver_for(self._recipe)
        derived = await deriver.derive(Source(place, document_id, fingerprint, parsed))

        def put(session: Session) -> None:
            if session.get(DocumentRow, document_id) is not None:
                indexed.put_derived(session, place, {document_id: derived})

        return EffectResult({}, (put,))

    async def switch(self, _effect: Effect, _state: IndexingState, _context: EffectContext) -> EffectResult:
        """Let what was made anew be searched, all of it at once."""
        place = _behind(self._place(await self._begun_with()))
        recipe = await self._with_space(self._recipe)
        chunks = await self._database.read(lambda session: generations.chunk_count(session, place))

        def put(session: Session) -> None:
            generations.switch_generation(session, place, self._record.id, recipe)

        return EffectResult({"chunks": chunks}, (put,))

    def riders(self, state: IndexingState, event: Event) -> Sequence[Rider]:
        """The data source says how far its run is, and follows its end."""
        return settling.riders(self._datasource_id, self._record.id, state, event)

    def _kept(self, before: _Before, documents: Sequence[IndexedDocument], attempt: int) -> EffectResult:
        """Documents that are new or have changed, kept together; the result is that of the first."""
        if not documents:
            return EffectResult({})
        place = self._place(before)
        put: Rider = partial(indexed.put_documents, place=place, documents=documents, attempt=attempt)
        return EffectResult({**_counted(documents[0]), "unchanged": False}, (put,))

    async def _read(self, before: _Before, listed: Listed, attempt: int) -> "_Read | EffectResult":
        """A document's text, or what there is to say of one that has not changed."""
        known = before.known.get(listed.name)
        if known and known.status == "ready" and listed.version and known.source_version == listed.version:
            return EffectResult({**_counted(known), "unchanged": True})
        document_id = known.id if known else self._indexer.new_id()
        try:
            return await self._parsed(before, listed, document_id, attempt)
        except LiteAgentError as error:
            await self._note_failure(before, document_id, error, attempt)
            raise

    async def _parsed(
        self, before: _Before, listed: Listed, document_id: str, attempt: int
    ) -> "_Read | EffectResult":
        known = before.known.get(listed.name)
        progress = _noting(self._database, document_id, attempt)
        await progress("reading", 0)
        raw = await self._opened(before.row).read(listed)
        fingerprint = hashlib.sha256(_FORMAT.encode() + hashlib.sha256(raw.data).digest()).hexdigest()
        if known and known.status == "ready" and known.fingerprint == fingerprint:
            seen: Rider = partial(indexed.note_seen, document_id=document_id, listed=listed)
            riders = () if known.source_version == listed.version else (seen,)
            return EffectResult({**_counted(known), "bytes": len(raw.data), "unchanged": True}, riders)
        await progress("parsing", 10)
        parsed = await _parsed(self._indexer.reader, raw)
        return _Read(document_id, listed, fingerprint, len(raw.data), parsed)

    async def _deriver(self, before: _Before) -> Deriver:
        """For what is searched: a new recipe comes into effect at the switch."""
        made_with = before.row.made_with
        return await self._deriver_for(load(Recipe, made_with) if made_with else self._recipe)

    async def _deriver_for(self, recipe: Recipe) -> Deriver:
        embedder = None
        if recipe.embedding is not None:
            embedder = await self._indexer.embedders.patient(self._record.workspace_id, recipe.embedding)
        rules = Rules(recipe.chunker, recipe.analyzer)
        return Deriver(self._database, self._indexer.cutter, rules, embedder)

    async def _with_space(self, recipe: Recipe) -> Recipe:
        if recipe.embedding is None:
            return replace(recipe, space=None)
        embedder = await self._indexer.embedders.open(self._record.workspace_id, recipe.embedding)
        return replace(recipe, space=embedder.model)

    def _place(self, before: _Before) -> Place:
        return Place(self._record.workspace_id, self._datasource_id, before.row.generation)

    def _opened(self, row: DataSourceRow) -> DataSource:
        if self._source is None:
            self._source = self._indexer.opener.open(row)
        return self._source

    async def _begun_with(self) -> _Before:
        """The data source and its documents as they are when this worker begins; read once."""

        def find(session: Session) -> _Before:
            row = session.get(DataSourceRow, self._datasource_id)
            if row is None:
                raise RunFailedError(
                    "The data source was deleted while it was indexed.", code="datasource_deleted"
                )
            return _Before(row, indexed.known_documents(session, self._datasource_id))

        if self._before is None:
            self._before = await self._database.read(find)
        return self._before

    async def _note_failure(
        self, before: _Before, document_id: str, error: LiteAgentError, attempt: int
    ) -> None:
        """Say why at the document. What it held is kept where the cause may pass by itself."""
        await self._database.write(
            lambda session: indexed.fail_document(
                session,
                self._place(before),
                document_id,
                error.to_json(),
                attempt,
                keep=not isinstance(error, DocumentUnreadableError) or is_passing(error.error_code),
            )
        )


def _behind(place: Place) -> Place:
    return replace(place, generation=place.generation + 1)


async def _parsed(reader: DocumentReader, raw: RawDocument) -> ParsedDocument:
    """The document's text. What ended its reader may have been no fault of it: a second one tells."""
    try:
        return await reader.read(raw)
    except DocumentUnreadableError as error:
        if error.details.get("cause") != "parse_crashed":
            raise
    return await reader.read(raw)


def _noting(database: Database, document_id: str, attempt: int) -> Progress:
    """Writes down how far a document is, now and then."""
    noted = time.monotonic()

    async def note(stage: str, percent: int) -> None:
        nonlocal noted
        if time.monotonic() - noted < _QUIET:
            return
        await database.write(
            lambda session: indexed.note_progress(session, document_id, stage, percent, attempt)
        )
        noted = time.monotonic()

    return note


def _counted(document: KnownDocument | IndexedDocument) -> dict[str, Any]:
    if isinstance(document, KnownDocument):
        name, chunks, characters = document.name, document.chunk_count, document.characters
    else:
        name, chunks, characters = (
            document.listed.name,
            len(document.derived.chunks),
            len(document.parsed.text),
        )
    return {
        "name": name,
        "document_id": document.id,
        "chunks": chunks,
        "characters": characters,
        "bytes": document.size,
    }
