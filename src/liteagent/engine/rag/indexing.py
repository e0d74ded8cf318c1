"""Indexing a data source as a run: a pure plan that lists, takes in what is there and takes out what is gone.

Effects and the payloads of their results:

    source    {}                                  -> {documents: [{name, locator, size}], gone: [{name,
    document_id}]} document  {name, locator, size}               -> {name, document_id, chunks, characters,
    bytes, unchanged} removal   {documents: [{name, document_id}]}  -> {removed}

All are idempotent. A document that fails is counted and the others go on; only a source that cannot be
listed fails the run. The state holds the listing once and a cursor into it, so an event costs the same
however many there are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from liteagent.contracts.errors import RunFailedError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Effect, Event, RunStatus, Safety
from liteagent.engine.runs.protocol import Decision, Finish, Perform

__all__ = ["Counts", "IndexingReducer", "IndexingState", "gone_documents"]

_PARALLEL = 4
_REMOVED_AT_ONCE = 100
_ERRORS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Counts:
    """What has happened so far.

    Attributes:
        documents: Documents that are in the index, the unchanged ones included.
        chunks: Theirs; so are `characters` (code points of text) and `bytes` (as the source keeps them).
    """

    documents: int = 0
    failed: int = 0
    unchanged: int = 0
    removed: int = 0
    chunks: int = 0
    characters: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class IndexingState:
    """Where an indexing run stands.

    Attributes:
        asked: Whether the listing was asked for.
        listed: What the source has; None until it is known. Never copied.
        gone: Documents of the index that the source has no more.
        next_document: The first one of `listed` that was not asked for.
        next_gone: The first one of `gone` whose removal was not asked for.
        in_flight: Requests without a result: their seq, and the document's name ("" for others).
        errors: The first 20, as {name, code, message}.
        failure: Why the run has failed.
    """

    asked: bool = False
    listed: tuple[JsonObject, ...] | None = None
    gone: tuple[JsonObject, ...] = ()
    next_document: int = 0
    next_gone: int = 0
    in_flight: Mapping[int, str] = field(default_factory=dict[int, str])
    counts: Counts = Counts()
    errors: tuple[JsonObject, ...] = ()
    failure: JsonObject | None = None

    @property
    def total(self) -> int:
        """How many documents the source has; 0 until that is known."""
        return len(self.listed or ())


class IndexingReducer:
    """Decides what to do next in a run of kind `indexing`.

    Args:
        started: The payload of `run.started`; `definition.parallel` (1 to 64, 4 where omitted) is how many
            documents are under way at once.
    """

    def __init__(self, started: JsonObject) -> None:
        definition = started.get("definition")
        wanted = definition.get("parallel") if isinstance(definition, Mapping) else None
        self._parallel = min(64, max(1, wanted)) if isinstance(wanted, int) else _PARALLEL

    @property
    def initial(self) -> IndexingState:
        """Nothing known, nothing asked for."""
        return IndexingState()

    def apply(self, state: IndexingState, event: Event) -> IndexingState:
        """The state after `event`."""
        kind, _, happened = event.type.partition(".")
        if kind not in ("source", "document", "removal"):
            return state
        if happened == "requested":
            return _requested(state, kind, event)
        if event.ref is None or event.ref not in state.in_flight:
            return state
        name = state.in_flight[event.ref]
        state = replace(state, in_flight={s: n for s, n in state.in_flight.items() if s != event.ref})
        if happened == "completed":
            return _completed(state, kind, event.payload)
        return _failed(state, kind, name, event.payload) if happened == "failed" else state

    def decide(self, state: IndexingState) -> Decision:
        """Ask for the listing, then for documents, then for removals, then finish."""
        if state.failure is not None:
            return Finish(RunStatus.FAILED, _outputs(state), state.failure)
        if not state.asked:
            return Perform((Effect("source", {}, Safety.IDEMPOTENT),))
        if state.listed is None:
            return Perform()
        free = self._parallel - len(state.in_flight)
        effects = _documents(state, free) or _removal(state)
        if effects or state.in_flight:
            return Perform(effects)
        return Finish(RunStatus.COMPLETED, _outputs(state))


def gone_documents(known: Mapping[str, str], listed: Collection[str]) -> list[dict[str, str]]:
    """The `gone` of a listing: documents of the index (name to document id) whose name is not in `listed`."""
    names = frozenset(listed)
    return [{"name": name, "document_id": id_} for name, id_ in sorted(known.items()) if name not in names]


def _documents(state: IndexingState, free: int) -> tuple[Effect, ...]:
    first = state.next_document
    taken = (state.listed or ())[first : first + max(0, free)]
    return tuple(Effect("document", document, Safety.IDEMPOTENT) for document in taken)


def _removal(state: IndexingState) -> tuple[Effect, ...]:
    """The next removal, once every document has its result: a document that was renamed is never gone."""
    batch = list(state.gone[state.next_gone : state.next_gone + _REMOVED_AT_ONCE])
    if state.in_flight or not batch:
        return ()
    return (Effect("removal", {"documents": batch}, Safety.IDEMPOTENT),)


def _requested(state: IndexingState, kind: str, event: Event) -> IndexingState:
    name = event.payload.get("name", "")
    state = replace(state, in_flight={**state.in_flight, event.seq: str(name)})
    if kind == "source":
        return replace(state, asked=True)
    if kind == "document":
        return replace(state, next_document=state.next_document + 1)
    return replace(state, next_gone=state.next_gone + len(_objects(event.payload.get("documents"))))


def _completed(state: IndexingState, kind: str, payload: JsonObject) -> IndexingState:
    if kind == "source":
        unique = {str(document.get("name")): document for document in _objects(payload.get("documents"))}
        return replace(state, listed=tuple(unique.values()), gone=_objects(payload.get("gone")))
    counts = state.counts
    if kind == "removal":
        return replace(state, counts=replace(counts, removed=counts.removed + _count(payload, "removed")))
    counts = replace(
        counts,
        documents=counts.documents + 1,
        unchanged=counts.unchanged + (payload.get("unchanged") is True),
        chunks=counts.chunks + _count(payload, "chunks"),
        characters=counts.characters + _count(payload, "characters"),
        bytes=counts.bytes + _count(payload, "bytes"),
    )
    return replace(state, counts=counts)


def _failed(state: IndexingState, kind: str, name: str, payload: JsonObject) -> IndexingState:
    error = payload.get("error")
    error = error if isinstance(error, Mapping) else RunFailedError("No reason was given.").to_json()
    if kind == "source":
        return replace(state, failure=error)
    counts = state.counts
    if kind == "document":
        counts = replace(counts, failed=counts.failed + 1)
    note = {"name": name, "code": error.get("code"), "message": error.get("message")}
    return replace(state, counts=counts, errors=(*state.errors, note)[:_ERRORS_KEPT])


def _outputs(state: IndexingState) -> dict[str, Any]:
    counts = state.counts
    return {
        "documents": counts.documents,
        "failed": counts.failed,
        "unchanged": counts.unchanged,
        "removed": counts.removed,
        "chunks": counts.chunks,
        "characters": counts.characters,
        "bytes": counts.bytes,
        "errors": list(state.errors),
    }


def _objects(value: JsonValue) -> tuple[JsonObject, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return tuple(item for item in value if isinstance(item, Mapping))


def _count(payload: JsonObject, key: str) -> int:
    value = payload.get(key)
    return value if isinstance(value, int) else 0
