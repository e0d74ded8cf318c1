"""The agent as a pure reducer: what has happened decides what is done next.

One turn: what was said is looked at, and what was declared is looked up; the model is called; the tools that
it asks for are called side by side; it hears of them in the order of its calls; and so on until it answers
without a call. Choosing a tool and calling it are two steps: a run can be paused between them. Where the
model asks a person, or calls a tool that a person has to approve, that comes after the other calls of the
same answer, one question at a time; so does a hand-over to another agent, and the end of the turn with a
call of the client's tools.

The turn fails when the model fails, when a budget is used up (calls whose results no model call could read
any more are not made), or when tools keep failing: after `max_failures` answers in a row whose every call
failed, the model is told to answer without tools, and if it calls one all the same the turn ends.
"""

from liteagent.contracts.errors import ToolError
from liteagent.contracts.json import dump
from liteagent.contracts.messages import Role
from liteagent.contracts.runs import Effect, Event, EventDraft, RunStatus, Safety
from liteagent.engine.agent.budget import out_of_calls, out_of_steps, overspent
from liteagent.engine.agent.colleagues import Colleagues, started_draft
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.ending import ended, failed, handed_back, refused, tools_fail
from liteagent.engine.agent.events import ToolRequest
from liteagent.engine.agent.folding import folded
from liteagent.engine.agent.human import REQUEST_HUMAN_INPUT, approval_of, question_of
from liteagent.engine.agent.members import at_work
from liteagent.engine.agent.preparing import prepared
from liteagent.engine.agent.state import AgentState, PendingCall
from liteagent.engine.agent.types import HumanContactRequest, ToolDefinition
from liteagent.engine.agent.validation import parse_arguments
from liteagent.engine.runs.protocol import Decision, Perform, Suspend

__all__ = ["AgentReducer"]


class AgentReducer:
    """Decides for the agent that `definition` describes.

    Its effects are `model`, `tool`, `summary` and `guard`; `performers.agent_performers` performs them.
    """

    def __init__(self, definition: AgentDefinition) -> None:
        self._definition = definition

    @property
    def initial(self) -> AgentState:
        """Nothing has happened."""
        return AgentState()

    def apply(self, state: AgentState, event: Event) -> AgentState:
        """The state after `event`.

        Raises:
            ValueError: The event is not what this version writes.
        """
        return folded(state, event, self._definition)

    def decide(self, state: AgentState) -> Decision:
        """What to do next: effects to start, a question to wait for, or the end."""
        if state.status.ended or not state.messages or state.model_request or state.effect:
            return Perform()
        if state.error is not None:
            return failed(state, state.error)
        if state.human_request is not None:
            return Suspend(RunStatus.WAITING_HUMAN)
        return self._going_on(state, at_work(self._definition, state.active))

    def _going_on(self, state: AgentState, speaking: AgentDefinition) -> Decision:
        if fresh := state.flags[state.announced :]:
            return Perform(events=tuple(EventDraft("injection.flagged", dump(each)) for each in fresh))
        if state.refusal:
            return refused(state)
        if not state.model_calls and (first := prepared(state, speaking)) is not None:
            return first
        if state.messages[-1].role is Role.ASSISTANT and state.model_calls and not state.calls:
            return ended(state, speaking)
        if state.model_calls >= self._definition.max_steps and not _only_client_calls(state, speaking):
            return failed(state, out_of_steps(self._definition.max_steps))
        return self._act(state, speaking) if state.calls else self._ask_model(state)

    def _ask_model(self, state: AgentState) -> Decision:
        if (over := overspent(state, self._definition)) is not None:
            return failed(state, over)
        return Perform((Effect("model", {"step": state.model_calls + 1}, Safety.SAFE),))

    def _act(self, state: AgentState, speaking: AgentDefinition) -> Decision:
        """See to the tool calls of the model's last answer."""
        if state.tool_calls > speaking.max_tool_calls:
            return failed(state, out_of_calls(speaking.max_tool_calls))
        fresh = [each for each in state.calls if each.request is None and each.answer is None]
        questions = [asked for each in fresh if (asked := _question(each, speaking))]
        asking = {each.request_id for each in questions}
        now = [each for each in fresh if each.call.id not in asking and not _waits(each, speaking)]
        if now and state.failures >= speaking.max_failures:
            return failed(state, tools_fail(state.failures))
        if now and (over := overspent(state, self._definition)) is not None:
            return failed(state, over)
        if starts := tuple(draft for each in now if (draft := started_draft(each, state, speaking))):
            return Perform(events=starts)
        return self._side_by_side(state, speaking, now, questions)

    def _side_by_side(
        self,
        state: AgentState,
        speaking: AgentDefinition,
        now: list[PendingCall],
        questions: list[HumanContactRequest],
    ) -> Decision:
        """Own calls and what the agents that were asked want done, then questions, then what ends it."""
        asked = Colleagues(state, speaking, lambda each: AgentReducer(each).decide)
        if asked.events:
            return Perform(events=asked.events)
        if asked.effects and (over := overspent(state, self._definition)) is not None:
            return failed(state, over)
        if effects := (*(_tool_call(each, speaking) for each in now), *asked.effects):
            return Perform(effects)
        if state.busy:
            return Perform()
        if questions:
            draft = EventDraft("human.requested", dump(questions[0]))
            return Suspend(RunStatus.WAITING_HUMAN, (draft,))
        if asked.question is not None:
            return asked.question
        return _leaving(state, speaking)


def _leaving(state: AgentState, speaking: AgentDefinition) -> Decision:
    """Everything of this answer is done but what ends this agent's part, or the turn."""
    for each in state.calls:
        member = speaking.agent(each.call.name)
        if each.answer is None and member is not None and member.hand_off:
            given = {"call_id": each.call.id, "name": member.name}
            return Perform(events=(EventDraft("agent.handed_off", given),))
    if _only_client_calls(state, speaking):
        return handed_back(state, speaking)
    return Perform()


def _only_client_calls(state: AgentState, speaking: AgentDefinition) -> bool:
    waiting = [each for each in state.calls if each.answer is None]
    return bool(waiting) and all(speaking.is_client_tool(each.call.name) for each in waiting)


def _waits(pending: PendingCall, speaking: AgentDefinition) -> bool:
    """Whether a call comes after all the others: it ends the agent's part."""
    member = speaking.agent(pending.call.name)
    return speaking.is_client_tool(pending.call.name) or (member is not None and member.hand_off)


def _question(pending: PendingCall, speaking: AgentDefinition) -> HumanContactRequest | None:
    """The question that is still to be asked with this call; None for every other call."""
    tool = _tool_of(pending, speaking)
    if tool is None:
        return None
    if tool.name == REQUEST_HUMAN_INPUT:
        return question_of(pending.call)
    return approval_of(pending.call) if tool.approval and not pending.approved else None


def _tool_of(pending: PendingCall, speaking: AgentDefinition) -> ToolDefinition | None:
    """What holds for this very call."""
    tool = speaking.tool(pending.call.name)
    if tool is None or not tool.reads_with:
        return tool
    try:
        return tool.for_call(parse_arguments(pending.call.arguments))
    except ToolError:
        return tool


def _tool_call(pending: PendingCall, speaking: AgentDefinition) -> Effect:
    call = pending.call
    tool = _tool_of(pending, speaking)
    request = ToolRequest(call.id, call.name, call.arguments)
    return Effect("tool", dump(request), tool.effect if tool else Safety.SAFE)
