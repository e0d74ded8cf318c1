"""Indexing a data source as a run: a pure plan that lists, takes in what is there and takes out what is gone.

Effects and the payloads of their results:

    source    {}                                  -> {documents: [Listed], gone: [as removal], rebuild}
    document  Listed, {attempt} from the 2nd on   -> {name, document_id, chunks, characters, bytes, unchanged}
    documents {documents: [Listed]}               -> {documents: [as document, or {name, error}]}
    removal   {documents: [{name, document_id}]}  -> {removed}
    plan      {}                                  -> {documents: [{name, document_id}]}
    rebuild   {name, document_id}                 -> {}
    switch    {}                                  -> {chunks}

All are idempotent. Where the source's result says `rebuild`, what documents are made into has changed (how
they are cut, by which model they are embedded): then every document is made anew behind the scenes, beside
what is searched meanwhile, and `switch` puts the new in the place of the old.

Where the definition allows it, small documents that follow each other are taken in together, in one commit,
and larger ones alone. Each counts for itself; where all of them failed as one, each is tried again alone.

A document that fails is counted and the others go on; what failed for a passing reason is tried again after
the others, up to three times in all. Only a source that cannot be listed, and a rebuild that is not whole,
fail the run. The state holds the listing once and a cursor into it, so an event costs the same however many
there are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from liteagent.contracts.errors import RunFailedError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Effect, Event, RunStatus, Safety
from liteagent.engine.runs.protocol import Decision, Finish, Perform

__all__ = ["Counts", "IndexingReducer", "IndexingState", "gone_documents", "is_passing"]

_PARALLEL = 4
_REMOVED_AT_ONCE = 100
_ERRORS_KEPT = 20
_MOST_ATTEMPTS = 3
_PASSING = frozenset(
    (
        "fetch_failed",
        "fetch_timeout",
        "provider_error",
        "provider_rate_limited",
        "provider_timeout",
        "provider_unavailable",
    )
)
_STEPS = frozenset(("source", "document", "documents", "removal", "plan", "rebuild", "switch"))
_SMALL, _TOGETHER, _MOST_TOGETHER = 64 * 1024, 512 * 1024, 64
"""Bytes of a small document; most bytes, and most documents, that are taken in together."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What has happened so far.

    Attributes:
        documents: Documents that are in the index, the unchanged ones included.
        chunks: Theirs; so are `characters` (code points of text) and `bytes` (as the source keeps them).
        rebuilt: Documents that were made anew behind the scenes.
    """

    documents: int = 0
    failed: int = 0
    unchanged: int = 0
    removed: int = 0
    chunks: int = 0
    characters: int = 0
    bytes: int = 0
    rebuilt: int = 0


@dataclass(frozen=True, slots=True)
class IndexingState:
    """Where an indexing run stands.

    Attributes:
        asked: Whether the listing was asked for.
        listed: What the source has; None until it is known. Never copied.
        gone: Documents of the index that the source has no more.
        next_document: The first one of `listed` that was not asked for.
        next_gone: The first one of `gone` whose removal was not asked for.
        again: Documents to be tried once more, when all others were.
        rebuild: Whether everything is to be made anew.
        planned: What is to be made anew; None until it is known.
        next_planned: The first one of `planned` that was not asked for.
        switched: Whether the switch to what was made anew was asked for.
        in_flight: Requests without a result: their seq, and what was asked.
        errors: The first 20, as {name, code, message}.
        failure: Why the run has failed.
    """

    asked: bool = False
    listed: tuple[JsonObject, ...] | None = None
    gone: tuple[JsonObject, ...] = ()
    next_document: int = 0
    next_gone: int = 0
    again: tuple[JsonObject, ...] = ()
    rebuild: bool = False
    planned: tuple[JsonObject, ...] | None = None
    plan_asked: bool = False
    next_planned: int = 0
    switched: bool = False
    in_flight: Mapping[int, JsonObject] = field(default_factory=dict[int, JsonObject])
    counts: Counts = Counts()
    errors: tuple[JsonObject, ...] = ()
    failure: JsonObject | None = None

    @property
    def total(self) -> int:
        """How many documents are to be handled, those to be made anew counted twice; 0 until it is known.

        A share of it that is `done` never shrinks.
        """
        listed = len(self.listed or ())
        return listed + (min(listed, len(self.planned or self.listed or ())) if self.rebuild else 0)

    @property
    def done(self) -> int:
        """How many of them have a result that counts; never decreases."""
        counts = self.counts
        return counts.documents + counts.failed + counts.rebuilt


class IndexingReducer:
    """Decides what to do next in a run of kind `indexing`.

    Args:
        started: The payload of `run.started`; `definition.parallel` (1 to 64, 4 where omitted) is how many
            effects are under way at once, `definition.together` (1 to 64, 1 where omitted) how many small
            documents are taken in by one.
    """

    def __init__(self, started: JsonObject) -> None:
        definition = started.get("definition")
        asked: JsonObject = definition if isinstance(definition, Mapping) else {}
        self._parallel = _within(asked.get("parallel"), 64, _PARALLEL)
        self._together = _within(asked.get("together"), _MOST_TOGETHER, 1)

    @property
    def initial(self) -> IndexingState:
        """Nothing known, nothing asked for."""
        return IndexingState()

    def apply(self, state: IndexingState, event: Event) -> IndexingState:
        """The state after `event`."""
        kind, _, happened = event.type.partition(".")
        if kind not in _STEPS:
            return state
        if happened == "requested":
            return _requested(state, kind, event)
        if event.ref is None or event.ref not in state.in_flight:
            return state
        asked = state.in_flight[event.ref]
        state = replace(state, in_flight={s: a for s, a in state.in_flight.items() if s != event.ref})
        if happened == "completed":
            return _completed(state, kind, asked, event.payload)
        return _failed(state, kind, asked, event.payload) if happened == "failed" else state

    def decide(self, state: IndexingState) -> Decision:
        """Ask for the listing, then for documents, removals and what is made anew, then finish."""
        if state.failure is not None:
            return Perform() if state.in_flight else Finish(RunStatus.FAILED, _outputs(state), state.failure)
        if not state.asked:
            return Perform((Effect("source", {}, Safety.IDEMPOTENT),))
        if state.listed is None:
            return Perform()
        free = max(0, self._parallel - len(state.in_flight))
        effects = _documents(state, free, self._together) or _alone(state) or _rebuilds(state, free)
        if effects or state.in_flight:
            return Perform(effects)
        return Finish(RunStatus.COMPLETED, _outputs(state))


def is_passing(code: str) -> bool:
    """Whether an error with this code may be gone at the next attempt."""
    return code in _PASSING


def gone_documents(known: Mapping[str, str], listed: Collection[str]) -> list[dict[str, str]]:
    """The `gone` of a listing: documents of the index (name to document id) whose name is not in `listed`."""
    names = frozenset(listed)
    return [{"name": name, "document_id": id_} for name, id_ in sorted(known.items()) if name not in names]


def _within(wanted: JsonValue, most: int, otherwise: int) -> int:
    return min(most, max(1, wanted)) if isinstance(wanted, int) else otherwise


def _documents(state: IndexingState, free: int, together: int) -> tuple[Effect, ...]:
    listed, first = state.listed or (), state.next_document
    effects: list[Effect] = []
    while len(effects) < free and first < len(listed):
        last = _end_of_group(listed, first, together)
        effects.append(_document_effect(listed[first:last]))
        first = last
    if effects:
        return tuple(effects)
    return tuple(Effect("document", document, Safety.IDEMPOTENT) for document in state.again[:free])


def _document_effect(documents: Sequence[JsonObject]) -> Effect:
    if len(documents) == 1:
        return Effect("document", documents[0], Safety.IDEMPOTENT)
    return Effect("documents", {"documents": list(documents)}, Safety.IDEMPOTENT)


def _end_of_group(listed: Sequence[JsonObject], first: int, most: int) -> int:
    """Where the documents end that are taken in together with the one at `first`."""
    total, place = 0, first
    while place < min(len(listed), first + most):
        size = listed[place].get("size")
        if not isinstance(size, int) or size > _SMALL or total + size > _TOGETHER:
            break
        total += size
        place += 1
    return max(place, first + 1)


def _alone(state: IndexingState) -> tuple[Effect, ...]:
    """What needs every document to have its result: a document that was renamed is never gone."""
    if state.in_flight:
        return ()
    batch = list(state.gone[state.next_gone : state.next_gone + _REMOVED_AT_ONCE])
    if batch:
        return (Effect("removal", {"documents": batch}, Safety.IDEMPOTENT),)
    if not state.rebuild:
        return ()
    if not state.plan_asked:
        return (Effect("plan", {}, Safety.IDEMPOTENT),)
    if state.planned is not None and state.next_planned == len(state.planned) and not state.switched:
        return (Effect("switch", {}, Safety.IDEMPOTENT),)
    return ()


def _rebuilds(state: IndexingState, free: int) -> tuple[Effect, ...]:
    first = state.next_planned
    taken = (state.planned or ())[first : first + free]
    return tuple(Effect("rebuild", document, Safety.IDEMPOTENT) for document in taken)


def _requested(state: IndexingState, kind: str, event: Event) -> IndexingState:
    state = replace(state, in_flight={**state.in_flight, event.seq: event.payload})
    if kind == "source":
        return replace(state, asked=True)
    if kind == "document":
        return _document_requested(state, event.payload)
    if kind == "documents":
        asked = len(_objects(event.payload.get("documents")))
        return replace(state, next_document=state.next_document + asked)
    if kind == "plan":
        return replace(state, plan_asked=True)
    if kind == "rebuild":
        return replace(state, next_planned=state.next_planned + 1)
    if kind == "switch":
        return replace(state, switched=True)
    return replace(state, next_gone=state.next_gone + len(_objects(event.payload.get("documents"))))


def _document_requested(state: IndexingState, asked: JsonObject) -> IndexingState:
    if "attempt" not in asked:
        return replace(state, next_document=state.next_document + 1)
    name = asked.get("name")
    return replace(state, again=tuple(each for each in state.again if each.get("name") != name))


def _completed(state: IndexingState, kind: str, asked: JsonObject, payload: JsonObject) -> IndexingState:
    if kind == "source":
        unique = {str(document.get("name")): document for document in _objects(payload.get("documents"))}
        return replace(
            state,
            listed=tuple(unique.values()),
            gone=_objects(payload.get("gone")),
            rebuild=payload.get("rebuild") is True,
        )
    if kind == "plan":
        return replace(state, planned=_objects(payload.get("documents")))
    if kind == "documents":
        return _many_completed(state, asked, payload)
    return replace(state, counts=_counted(state.counts, kind, payload))


def _many_completed(state: IndexingState, asked: JsonObject, payload: JsonObject) -> IndexingState:
    by_name = {each.get("name"): each for each in _objects(asked.get("documents"))}
    for result in _objects(payload.get("documents")):
        if "error" in result:
            state = _failed(state, "document", by_name.get(result.get("name"), result), result)
        else:
            state = replace(state, counts=_counted(state.counts, "document", result))
    return state


def _counted(counts: Counts, kind: str, payload: JsonObject) -> Counts:
    if kind == "removal":
        return replace(counts, removed=counts.removed + _count(payload, "removed"))
    if kind == "rebuild":
        return replace(counts, rebuilt=counts.rebuilt + 1)
    if kind == "switch":
        return replace(counts, chunks=_count(payload, "chunks"))
    return replace(
        counts,
        documents=counts.documents + 1,
        unchanged=counts.unchanged + (payload.get("unchanged") is True),
        chunks=counts.chunks + _count(payload, "chunks"),
        characters=counts.characters + _count(payload, "characters"),
        bytes=counts.bytes + _count(payload, "bytes"),
    )


def _failed(state: IndexingState, kind: str, asked: JsonObject, payload: JsonObject) -> IndexingState:
    error = payload.get("error")
    error = error if isinstance(error, Mapping) else RunFailedError("No reason was given.").to_json()
    if kind == "documents":
        alone = ({**each, "attempt": 2} for each in _objects(asked.get("documents")))
        return replace(state, again=(*state.again, *alone))
    if kind in ("source", "plan", "rebuild", "switch"):
        return _failed_or_again(state, kind, asked, error)
    counts = state.counts
    if kind == "document":
        attempt = _count(asked, "attempt") or 1
        if attempt < _MOST_ATTEMPTS and is_passing(str(error.get("code"))):
            return replace(state, again=(*state.again, {**asked, "attempt": attempt + 1}))
        counts = replace(counts, failed=counts.failed + 1)
    note = {"name": str(asked.get("name", "")), "code": error.get("code"), "message": error.get("message")}
    return replace(state, counts=counts, errors=(*state.errors, note)[:_ERRORS_KEPT])


def _failed_or_again(state: IndexingState, kind: str, asked: JsonObject, error: JsonObject) -> IndexingState:
    """A rebuild is whole or not at all: what is searched stays as it is when one document cannot be made."""
    attempt = _count(asked, "attempt") or 1
    if kind == "rebuild" and attempt < _MOST_ATTEMPTS and is_passing(str(error.get("code"))):
        assert state.planned is not None
        return replace(state, planned=(*state.planned, {**asked, "attempt": attempt + 1}))
    return replace(state, failure=error)


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
        "rebuilt": counts.rebuilt,
        "errors": list(state.errors),
    }


def _objects(value: JsonValue) -> tuple[JsonObject, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return tuple(item for item in value if isinstance(item, Mapping))


def _count(payload: JsonObject, key: str) -> int:
    value = payload.get(key)
    return value if isinstance(value, int) else 0
