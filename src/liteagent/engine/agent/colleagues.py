"""What the agents that were asked do next, as their asker's decision takes it in."""

import json
from collections.abc import Callable
from typing import TypeAlias

from liteagent.contracts.errors import ToolError
from liteagent.contracts.json import JsonValue, dump, load
from liteagent.contracts.messages import Message
from liteagent.contracts.runs import Effect, EventDraft, RunStatus
from liteagent.engine.agent.citations import uncited
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import TurnInputs
from liteagent.engine.agent.members import marked, marked_effect
from liteagent.engine.agent.state import AgentState, Asked, PendingCall
from liteagent.engine.agent.validation import parse_arguments
from liteagent.engine.runs.protocol import Decision, Finish, Perform, Suspend

__all__ = ["Colleagues", "started_draft"]

_Decide: TypeAlias = Callable[[AgentState], Decision]


def started_draft(pending: PendingCall, state: AgentState, speaking: AgentDefinition) -> EventDraft | None:
    """The beginning of another agent's work, where a call asks for it and says what to do."""
    member = speaking.agent(pending.call.name)
    task = _task(pending.call.arguments)
    if member is None or member.hand_off or task is None:
        return None
    inputs = TurnInputs(task, kind=state.kind, source=state.source)
    given = {"call_id": pending.call.id, "name": member.name, "inputs": dump(inputs)}
    return EventDraft("agent.started", given)


def _task(arguments: str) -> str | None:
    try:
        task = parse_arguments(arguments).get("task")
    except ToolError:
        return None
    return task if isinstance(task, str) and task.strip() else None


class Colleagues:
    """The decisions of all agents that were asked, side by side.

    Args:
        state: Of the agent that asked.
        speaking: Its definition.
        decide: How the agent of a definition decides.
    """

    def __init__(
        self, state: AgentState, speaking: AgentDefinition, decide: Callable[[AgentDefinition], _Decide]
    ) -> None:
        self.events: tuple[EventDraft, ...] = ()
        self.effects: tuple[Effect, ...] = ()
        self.question: Suspend | None = None
        for asked in state.asked:
            member = speaking.member(asked.name)
            if member is not None:
                self._take(asked, decide(member.definition)(asked.state))

    def _take(self, asked: Asked, decision: Decision) -> None:
        match decision:
            case Perform(effects, events):
                self.events += tuple(marked(each, asked.call_id) for each in events)
                self.effects += tuple(marked_effect(each, asked.call_id) for each in effects)
            case Suspend(_, events):
                told = tuple(marked(each, asked.call_id) for each in events)
                self.question = self.question or Suspend(RunStatus.WAITING_HUMAN, told)
            case Finish():
                self.events += (_end(asked, decision),)


def _end(asked: Asked, end: Finish) -> EventDraft:
    used: dict[str, JsonValue] = {"usage": end.usage, "cost": asked.state.whole_cost}
    if end.status is not RunStatus.COMPLETED:
        return EventDraft("agent.failed", {"call_id": asked.call_id, "error": end.error, **used})
    given: dict[str, JsonValue] = {"call_id": asked.call_id, "content": _said(end), **used}
    return EventDraft("agent.completed", given)


def _said(end: Finish) -> str:
    """The answer without the numbers of passages that only the agent that was asked has seen."""
    if "output" in end.outputs:
        return json.dumps(end.outputs["output"], ensure_ascii=False)
    return uncited(load(Message, end.outputs["message"])).content
