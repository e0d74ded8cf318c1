"""Runs inside a run: their events stand in the same journal, marked with the path of their node.

A question's request id is the path of its node, `~2` after it when the node asks for the second time; of a
nested run's question it is `<path>#<its own id>`. So an answer finds its way.
"""

from typing import Any, cast

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Effect, Event, EventDraft, RunStatus
from liteagent.engine.runs.protocol import Decision, Finish, Perform, Program, Suspend
from liteagent.engine.workflow.drafts import completed_draft, failed_draft
from liteagent.engine.workflow.folding import node_of
from liteagent.engine.workflow.handler import ProgramHandler
from liteagent.engine.workflow.state import Nested, WorkflowState

__all__ = ["marked", "nested_decision", "nested_event", "program_of", "question_id", "question_node"]

_BETWEEN, _AGAIN = "#", "~"


def program_of(state: WorkflowState, entry: Nested) -> Program[Any]:
    """What the nested run runs on."""
    return cast("ProgramHandler", node_of(state, entry).handler).program()


def question_node(request_id: object) -> str:
    """The path of the node whose question has this id."""
    return str(request_id).partition(_BETWEEN)[0].partition(_AGAIN)[0]


def question_id(path: str, attempt: int) -> str:
    """The request id of the question that the node at `path` asks."""
    return path if attempt == 1 else f"{path}{_AGAIN}{attempt}"


def nested_event(state: WorkflowState, event: Event, path: str) -> WorkflowState:
    """The state after an event of the nested run at `path`."""
    nested = state.nested[path]
    inner = program_of(state, nested).reducer.apply(nested.state, _own(event))
    return state._replace(
        seq=event.seq, now=event.at, nested={**state.nested, path: nested._replace(state=inner)}
    )


def nested_decision(state: WorkflowState, path: str) -> Decision:
    """What the nested run does next, marked with its path. Its end becomes the node's."""
    nested = state.nested[path]
    decision = program_of(state, nested).reducer.decide(nested.state)
    match decision:
        case Perform(effects, events, until):
            return Perform(tuple(_marked(each, path) for each in effects), marked(events, path), until)
        case Suspend(status, events, until):
            return Suspend(status, marked(events, path), until)
        case Finish():
            return Perform(events=(_node_end(state, nested, decision),))


def marked(events: tuple[EventDraft, ...], path: str) -> tuple[EventDraft, ...]:
    """Drafts of a nested run as they stand in the journal of the run around it."""
    return tuple(EventDraft(each.type, _mark(each.payload, path), each.ref) for each in events)


def _mark(payload: JsonObject, path: str) -> JsonObject:
    inner = payload.get("node")
    whole = {**payload, "node": path}
    if isinstance(inner, str):
        whole["inner"] = inner
    if "request_id" in payload:
        whole["request_id"] = f"{path}{_BETWEEN}{payload['request_id']}"
    return whole


def _own(event: Event) -> Event:
    """The event as the nested run knows it."""
    payload = {key: value for key, value in event.payload.items() if key not in ("node", "inner")}
    if "inner" in event.payload:
        payload["node"] = event.payload["inner"]
    if "request_id" in payload:
        payload["request_id"] = str(payload["request_id"]).partition(_BETWEEN)[2]
    return Event(event.run_id, event.seq, event.type, payload, event.at, event.ref)


def _marked(effect: Effect, path: str) -> Effect:
    return Effect(effect.kind, _mark(effect.payload, path), effect.safety, effect.verb)


def _node_end(state: WorkflowState, nested: Nested, end: Finish) -> EventDraft:
    path = nested.frame + nested.node
    if end.status is not RunStatus.COMPLETED:
        return EventDraft("node.failed", {"node": path, "error": end.error or {"code": "run_failed"}})
    handler = cast("ProgramHandler", node_of(state, nested).handler)
    try:
        return completed_draft(path, handler.outcome(end.outputs, end.usage))
    except LiteAgentError as error:
        return failed_draft(path, error)
