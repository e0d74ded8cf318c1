"""The plan of an indexing run, walked with made-up results."""

import random
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from liteagent.contracts.errors import (
    DocumentUnreadableError,
    InvalidInputError,
    LiteAgentError,
    ProviderUnavailableError,
)
from liteagent.contracts.runs import Effect, Event, RunStatus, Safety
from liteagent.engine.rag.indexing import IndexingReducer, IndexingState, gone_documents
from liteagent.engine.runs.protocol import Finish, Perform, fold

STARTED: dict[str, Any] = {"inputs": {"datasource_id": "s"}, "definition": {"parallel": 3, "together": 32}}
Result = Mapping[str, Any] | Exception
World = Callable[[Effect], Result]


class Walk:
    """A driver in a few lines: requests what is decided, answers in an order that `chance` picks."""

    def __init__(self, world: World, seed: int = 0, started: Mapping[str, Any] = STARTED) -> None:
        self.reducer = IndexingReducer(started)
        self.events = [_event(1, "run.started", started)]
        self.most_in_flight = 0
        self._world = world
        self._chance = random.Random(seed)

    def run(self) -> Finish:
        """Walk from where the events leave off to the end."""
        state = fold(self.reducer, self.events)
        waiting = {event.seq: effect for event in self.events if (effect := Effect.requested_by(event))}
        for event in self.events:
            waiting.pop(event.ref or 0, None)
        while not isinstance(decision := self.reducer.decide(state), Finish):
            assert isinstance(decision, Perform)
            for effect in decision.effects:
                assert effect.safety is Safety.IDEMPOTENT
                draft = effect.request()
                state = self._add(state, draft.type, draft.payload)
                waiting[self.events[-1].seq] = effect
            assert waiting, "nothing to do and nothing in flight"
            self.most_in_flight = max(self.most_in_flight, len(waiting))
            seq = self._chance.choice(sorted(waiting))
            state = self._answer(state, seq, waiting.pop(seq))
        assert state == fold(self.reducer, self.events)
        return decision

    def _answer(self, state: IndexingState, seq: int, effect: Effect) -> IndexingState:
        result = self._world(effect)
        if isinstance(result, Mapping):
            return self._add(state, f"{effect.kind}.completed", result, seq)
        assert isinstance(result, LiteAgentError)
        return self._add(state, f"{effect.kind}.failed", {"error": result.to_json()}, seq)

    def _add(
        self, state: IndexingState, kind: str, payload: Mapping[str, Any], ref: int | None = None
    ) -> IndexingState:
        event = _event(len(self.events) + 1, kind, payload, ref)
        self.events.append(event)
        return self.reducer.apply(state, event)


def _event(seq: int, kind: str, payload: Mapping[str, Any], ref: int | None = None) -> Event:
    return Event("run", seq, kind, payload, 0.0, ref)


def _world(documents: int, gone: int = 0, size: int = 100_000) -> World:
    def answer(effect: Effect) -> Result:
        if effect.kind == "documents":
            asked = cast("list[Mapping[str, Any]]", effect.payload["documents"])
            return {"documents": [_told(each, answer(Effect("document", each))) for each in asked]}
        if effect.kind == "source":
            return {
                "documents": [{"name": f"d{n}", "locator": f"/d{n}", "size": size} for n in range(documents)],
                "gone": [{"name": f"g{n}", "document_id": f"id{n}"} for n in range(gone)],
            }
        if effect.kind == "removal":
            return {"removed": len(cast("list[object]", effect.payload["documents"]))}
        name = str(effect.payload["name"])
        if name.endswith("7"):
            return DocumentUnreadableError(f"{name}: this is binary data")
        unchanged = name.endswith("3")
        return {
            "name": name,
            "document_id": name,
            "chunks": 2,
            "characters": 90,
            "bytes": 100,
            "unchanged": unchanged,
        }

    return answer


def _told(asked: Mapping[str, Any], result: Result) -> Mapping[str, Any]:
    if isinstance(result, Mapping):
        return result
    assert isinstance(result, LiteAgentError)
    return {"name": asked["name"], "error": result.to_json()}


@pytest.mark.parametrize("seed", range(5))
def test_everything_is_counted_in_any_order(seed: int) -> None:
    walk = Walk(_world(30, gone=250), seed)
    finish = walk.run()
    assert finish.status is RunStatus.COMPLETED
    errors = _errors(finish)
    assert {name: value for name, value in finish.outputs.items() if name != "errors"} == {
        "documents": 27,
        "failed": 3,
        "unchanged": 3,
        "removed": 250,
        "chunks": 54,
        "characters": 27 * 90,
        "bytes": 2700,
        "rebuilt": 0,
    }
    assert sorted(error["name"] for error in errors) == ["d17", "d27", "d7"]
    assert errors[0]["code"] == "document_unreadable"
    assert walk.most_in_flight == 3


def test_each_document_is_asked_for_once_and_as_listed() -> None:
    walk = Walk(_world(20))
    walk.run()
    asked = [effect for event in walk.events if (effect := Effect.requested_by(event))]
    assert [effect.payload for effect in asked if effect.kind == "document"] == [
        {"name": f"d{n}", "locator": f"/d{n}", "size": 100_000} for n in range(20)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_a_crash_after_any_event_changes_nothing_of_the_end(seed: int) -> None:
    whole = Walk(_world(12, gone=3), seed)
    expected = _figures(whole.run())
    for length in range(1, len(whole.events) + 1):
        resumed = Walk(_world(12, gone=3), seed + 1)
        resumed.events = whole.events[:length]
        assert _figures(resumed.run()) == expected


@pytest.mark.parametrize("seed", range(3))
def test_small_documents_are_taken_in_together_and_come_to_the_same(seed: int) -> None:
    alone, together = Walk(_world(100, gone=3), seed), Walk(_world(100, gone=3, size=10), seed)
    expected = alone.run()
    finish = together.run()
    assert _figures(finish) == _figures(expected)
    assert {each["name"] for each in _errors(finish)} == {each["name"] for each in _errors(expected)}
    groups = [_names(event) for event in together.events if event.type == "documents.requested"]
    assert [len(group) for group in groups] == [32, 32, 32, 4]
    assert [name for group in groups for name in group] == [f"d{n}" for n in range(100)]
    for length in range(1, len(together.events) + 1):
        resumed = Walk(_world(100, gone=3, size=10), seed + 1)
        resumed.events = together.events[:length]
        assert _figures(resumed.run()) == _figures(expected)


def test_large_documents_and_those_of_unknown_size_are_taken_in_alone() -> None:
    sizes = [10, 10, 100_000, 10, None, 10, 10, 60_000, 60_000]
    documents = [{"name": f"d{n}", "locator": "", "size": size} for n, size in enumerate(sizes)]
    world = _world(0)
    walk = Walk(lambda e: {"documents": documents} if e.kind == "source" else world(e))
    walk.run()
    asked = [
        _names(event) for event in walk.events if event.type.startswith("document") and event.ref is None
    ]
    assert asked == [["d0", "d1"], ["d2"], ["d3"], ["d4"], ["d5", "d6", "d7", "d8"]]


@pytest.mark.parametrize("size", [10, 100_000])
def test_what_fails_for_a_passing_reason_is_tried_three_times(size: int) -> None:
    world, left = _world(20, size=size), {"d3": 2, "d5": 9}

    def answer(effect: Effect) -> Result:
        name = str(effect.payload.get("name"))
        if effect.kind == "documents":
            asked = cast("list[Mapping[str, Any]]", effect.payload["documents"])
            return {"documents": [_told(each, answer(Effect("document", each))) for each in asked]}
        if effect.kind == "document" and left.get(name, 0) > 0:
            left[name] -= 1
            return ProviderUnavailableError("away")
        return world(effect)

    walk = Walk(answer)
    finish = walk.run()
    assert (left["d3"], left["d5"]) == (0, 6)
    assert (finish.outputs["documents"], finish.outputs["failed"]) == (17, 3)
    attempts = [
        event.payload.get("attempt")
        for event in walk.events
        if event.payload.get("name") == "d5" and not event.ref
    ]
    assert attempts[-2:] == [2, 3]


def _rebuilding(documents: int, failing: str = "") -> World:
    world = _world(documents)

    def answer(effect: Effect) -> Result:
        if effect.kind == "source":
            return {**cast("Mapping[str, Any]", world(effect)), "rebuild": True}
        if effect.kind == "plan":
            return {"documents": [{"name": f"d{n}", "document_id": f"i{n}"} for n in range(documents)]}
        if effect.kind == "rebuild":
            return InvalidInputError("no") if effect.payload["name"] == failing else {}
        return {"chunks": 99} if effect.kind == "switch" else world(effect)

    return answer


@pytest.mark.parametrize("seed", range(3))
def test_everything_is_made_anew_before_the_switch(seed: int) -> None:
    walk = Walk(_rebuilding(12), seed)
    finish = walk.run()
    assert (finish.outputs["rebuilt"], finish.outputs["chunks"]) == (12, 99)
    kinds = [event.type for event in walk.events]
    assert kinds.index("plan.requested") > max(
        n for n, kind in enumerate(kinds) if kind == "document.completed"
    )
    assert kinds.index("switch.requested") > max(
        n for n, kind in enumerate(kinds) if kind == "rebuild.completed"
    )
    states = [walk.reducer.initial]
    for event in walk.events:
        states.append(walk.reducer.apply(states[-1], event))
    shares = [state.done / state.total for state in states if state.total]
    assert shares == sorted(shares)
    for length in range(1, len(walk.events) + 1):
        resumed = Walk(_rebuilding(12), seed + 1)
        resumed.events = walk.events[:length]
        assert _figures(resumed.run()) == _figures(finish)


def test_a_rebuild_that_is_not_whole_is_not_switched_to() -> None:
    walk = Walk(_rebuilding(12, failing="d5"))
    finish = walk.run()
    assert (finish.status, finish.error) == (RunStatus.FAILED, InvalidInputError("no").to_json())
    assert "switch.requested" not in [event.type for event in walk.events]


def _names(event: Event) -> list[str]:
    documents = event.payload.get("documents")
    asked = cast("list[Mapping[str, str]]", documents) if documents else [event.payload]
    return [str(each["name"]) for each in asked]


def test_an_empty_source_is_done_at_once() -> None:
    finish = Walk(_world(0)).run()
    assert (finish.status, finish.outputs["documents"]) == (RunStatus.COMPLETED, 0)


def test_a_source_that_cannot_be_listed_fails_the_run() -> None:
    finish = Walk(lambda _: InvalidInputError("There is no folder.")).run()
    assert finish.status is RunStatus.FAILED
    assert finish.error == {"code": "invalid_request", "message": "There is no folder.", "details": {}}


def test_a_removal_that_fails_is_told_and_the_run_goes_on() -> None:
    world = _world(2, gone=150)
    finish = Walk(lambda e: InvalidInputError("locked") if e.kind == "removal" else world(e)).run()
    assert finish.status is RunStatus.COMPLETED
    assert (finish.outputs["removed"], finish.outputs["failed"]) == (0, 0)
    assert len(_errors(finish)) == 2


def test_only_the_first_twenty_errors_are_kept() -> None:
    world = _world(60)
    finish = Walk(lambda e: InvalidInputError("no") if e.kind == "document" else world(e)).run()
    assert finish.outputs["failed"] == 60
    assert len(_errors(finish)) == 20


def test_a_name_that_is_listed_twice_counts_once() -> None:
    twice = {"documents": [{"name": "d1", "locator": "a"}, {"name": "d1", "locator": "b"}]}
    world = _world(0)
    finish = Walk(lambda e: twice if e.kind == "source" else world(e)).run()
    assert finish.outputs["documents"] == 1


@pytest.mark.parametrize(
    ("definition", "most"),
    [({}, 4), ({"parallel": 0}, 1), ({"parallel": 1000}, 40), ({"parallel": "x"}, 4), (None, 4)],
)
def test_how_many_at_once(definition: object, most: int) -> None:
    walk = Walk(_world(40), started={"inputs": {}, "definition": definition})
    walk.run()
    assert walk.most_in_flight == most


def test_the_listing_is_never_copied() -> None:
    walk = Walk(_world(2000))
    walk.run()
    states = [walk.reducer.initial]
    for event in walk.events:
        states.append(walk.reducer.apply(states[-1], event))
    assert len({id(state.listed) for state in states if state.listed is not None}) == 1
    assert states[-1].total == 2000


def test_other_events_leave_the_state_alone() -> None:
    reducer = IndexingReducer(STARTED)
    for kind in ("run.claimed", "model.completed", "document.dreamt", "nonsense"):
        assert reducer.apply(reducer.initial, _event(2, kind, {}, 1)) == reducer.initial


def test_what_is_gone() -> None:
    assert gone_documents({"b": "2", "a": "1", "c": "3"}, ["c", "d"]) == [
        {"name": "a", "document_id": "1"},
        {"name": "b", "document_id": "2"},
    ]


def _errors(finish: Finish) -> list[dict[str, str]]:
    return cast("list[dict[str, str]]", finish.outputs["errors"])


def _figures(finish: Finish) -> dict[str, Any]:
    return {name: value for name, value in finish.outputs.items() if name != "errors"}
