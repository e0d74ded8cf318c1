"""The reducer: what it decides after which events."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from liteagent.contracts.errors import BudgetExceededError, ProviderUnavailableError, ToolError
from liteagent.contracts.json import dump, load
from liteagent.contracts.llm import Usage, consumption
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.contracts.runs import Effect, Event, EventDraft, RunStatus, Safety
from liteagent.engine.agent.codec import AgentCodec
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import ModelAnswer, ToolAnswer, TurnInputs
from liteagent.engine.agent.human import request_human_input
from liteagent.engine.agent.reducer import AgentReducer
from liteagent.engine.agent.state import AgentState
from liteagent.engine.agent.types import AgentStep, HumanContactRequest, StepType, ToolDefinition
from liteagent.engine.runs.protocol import Finish, Perform, Suspend, fold

LOOK = ToolDefinition("look", "Look.", {"type": "object", "properties": {}}, Safety.SAFE)
PAY = ToolDefinition("pay", "Pay.", {"type": "object", "properties": {}})
DEFINITION = AgentDefinition(tools=(LOOK, PAY, request_human_input.definition))

ASK = '{"question": "Sure?", "options": ["yes", "no"], "context": "It costs."}'
MODEL = Perform((Effect("model", {"step": 1}, Safety.SAFE),))

Script = Sequence[EventDraft]


def started(message: str = "Hello", *history: Message) -> EventDraft:
    inputs = dump(TurnInputs(message, history))
    return EventDraft("run.started", {"inputs": inputs, "definition": dump(DEFINITION)})


def asked_model(step: int = 1) -> EventDraft:
    return Effect("model", {"step": step}, Safety.SAFE).request()


def answered(ref: int, text: str = "", *calls: ToolCall, reason: str = "stop") -> EventDraft:
    message = Message(Role.ASSISTANT, text, calls)
    return EventDraft("model.completed", dump(ModelAnswer(message, Usage(3, 2), reason, "m")), ref)


def asked_tool(call_id: str, name: str = "look") -> EventDraft:
    return EventDraft(
        "tool.requested", {"call_id": call_id, "name": name, "arguments": "{}", "safety": "safe"}
    )


def did(ref: int, call_id: str, content: str = "seen") -> EventDraft:
    return EventDraft("tool.completed", dump(ToolAnswer(call_id, content)), ref)


def failed(ref: int, message: str = "broken") -> EventDraft:
    return EventDraft("tool.failed", {"error": ToolError(message).to_json()}, ref)


def call(call_id: str, name: str = "look", arguments: str = "{}") -> ToolCall:
    return ToolCall(call_id, name, arguments)


def events(script: Script) -> list[Event]:
    return [Event("r", at, each.type, each.payload, 0.0, each.ref) for at, each in enumerate(script, start=1)]


def state_after(script: Script, definition: AgentDefinition = DEFINITION) -> AgentState:
    return fold(AgentReducer(definition), events(script))


def decide(script: Script, definition: AgentDefinition = DEFINITION) -> Any:
    return AgentReducer(definition).decide(state_after(script, definition))


HUMAN = EventDraft("human.requested", dump(HumanContactRequest("c3", "Sure?", ("yes", "no"), "It costs.")))

LONG: Script = (
    started("Hello", Message(Role.USER, "Before"), Message(Role.ASSISTANT, "Yes.")),
    EventDraft("run.claimed", {"owner": "w", "epoch": 1}),
    asked_model(),
    answered(3, "Let me see.", call("c1"), call("c2", "pay"), call("c3", "request_human_input", ASK)),
    asked_tool("c1"),
    asked_tool("c2", "pay"),
    did(6, "c2", "paid"),
    did(5, "c1", "seen"),
    HUMAN,
    EventDraft("run.waiting_human"),
    EventDraft("human.answered", {"request_id": "c3", "answer": "yes", "by": "u"}),
    EventDraft("run.claimed", {"owner": "w", "epoch": 2}),
    asked_model(2),
    answered(13, "Done."),
    EventDraft("run.completed", {"outputs": {"message": dump(Message(Role.ASSISTANT, "Done."))}}),
)


def test_a_turn_begins_with_the_model() -> None:
    assert decide([started()]) == MODEL


def test_what_is_in_flight_is_not_asked_for_again() -> None:
    assert decide([started(), asked_model()]) == Perform()
    assert decide(LONG[:5]) == Perform((_tool("c2", "pay", Safety.UNSAFE),))
    assert decide(LONG[:6]) == Perform()
    assert decide(LONG[:7]) == Perform()


def _tool(call_id: str, name: str, safety: Safety, arguments: str = "{}") -> Effect:
    return Effect("tool", {"call_id": call_id, "name": name, "arguments": arguments}, safety)


def test_all_tools_of_an_answer_are_called_side_by_side_each_with_its_safety() -> None:
    assert decide(LONG[:4]) == Perform((_tool("c1", "look", Safety.SAFE), _tool("c2", "pay", Safety.UNSAFE)))


def test_a_person_is_asked_after_the_other_calls() -> None:
    assert decide(LONG[:8]) == Suspend(RunStatus.WAITING_HUMAN, (HUMAN,))
    assert decide(LONG[:9]) == Suspend(RunStatus.WAITING_HUMAN)
    waiting = state_after(LONG[:10])
    assert waiting.status is RunStatus.WAITING_HUMAN
    assert waiting.human_request == HumanContactRequest("c3", "Sure?", ("yes", "no"), "It costs.")


def test_results_are_heard_in_the_order_of_the_calls() -> None:
    state = state_after(LONG[:11])
    assert [(each.tool_call_id, each.content) for each in state.messages[-3:]] == [
        ("c1", "seen"),
        ("c2", "paid"),
        ("c3", "yes"),
    ]
    assert (state.calls, state.human_request) == ((), None)
    assert decide(LONG[:12]) == Perform((Effect("model", {"step": 2}, Safety.SAFE),))


def test_an_answer_without_calls_is_the_end() -> None:
    message = dump(Message(Role.ASSISTANT, "Done."))
    assert decide(LONG[:14]) == Finish(
        RunStatus.COMPLETED,
        {"message": message, "finish_reason": "stop"},
        usage=consumption(Usage(6, 4), 0.0, 2),
    )
    done = state_after(LONG)
    assert done.status is RunStatus.COMPLETED
    assert done.output == Message(Role.ASSISTANT, "Done.")
    assert (done.text, done.model_calls, done.tool_calls) == ("Done.", 2, 3)


def test_steps_tell_what_happened() -> None:
    kinds = [(step.type, step.name) for step in state_after(LONG).steps]
    assert kinds == [
        (StepType.MESSAGE, ""),
        (StepType.MODEL, ""),
        (StepType.TOOL_CALL, "look"),
        (StepType.TOOL_CALL, "pay"),
        (StepType.HUMAN_REQUEST, "request_human_input"),
        (StepType.TOOL_RESULT, "look"),
        (StepType.TOOL_RESULT, "pay"),
        (StepType.HUMAN_ANSWER, "request_human_input"),
        (StepType.MODEL, ""),
    ]
    assert state_after(LONG[:7]).steps[-1] == AgentStep(5, StepType.TOOL_RESULT, "paid", "pay")


@pytest.mark.parametrize("length", range(len(LONG) + 1))
def test_every_prefix_folds_decides_and_survives_json(length: int) -> None:
    state = state_after(LONG[:length])
    assert state.seq == length
    assert AgentState.from_json(state.to_json()) == state
    reducer = AgentReducer(load(AgentDefinition, dump(DEFINITION)))
    assert reducer.decide(AgentState.from_json(state.to_json())) == AgentReducer(DEFINITION).decide(state)
    assert state.steps == AgentState.from_json(state.to_json()).steps


def test_earlier_tool_calls_are_no_history() -> None:
    history = (
        Message(Role.SYSTEM, "Obey."),
        Message(Role.USER, "Before"),
        Message(Role.ASSISTANT, "", (call("c1"),)),
        Message(Role.TOOL, "seen", tool_call_id="c1"),
        Message(Role.ASSISTANT, "Yes."),
    )
    state = state_after([started("Hello", *history)])
    assert [message.content for message in state.messages] == ["Before", "Yes.", "Hello"]
    assert state.turn_start == 2


def test_a_failed_call_is_told_compactly() -> None:
    script = [started(), asked_model(), answered(2, "", call("c1")), asked_tool("c1"), failed(4, "x " * 999)]
    state = state_after(script, replace(DEFINITION, max_error_chars=20))
    assert state.messages[-1].content == (
        '{"error": {"code": "tool_failed", "message": "x x x x x x x x x x…"}}'
    )
    assert state.failures == 1
    assert decide(script) == Perform((Effect("model", {"step": 2}, Safety.SAFE),))


def rounds(count: int, *, good_last: bool = False) -> list[EventDraft]:
    """A turn of `count` answers with one failing tool call each."""
    script = [started()]
    for at in range(count):
        script += [asked_model(at + 1), answered(len(script) + 1, "", call(f"c{at}")), asked_tool(f"c{at}")]
        good = good_last and at == count - 1
        script.append(did(len(script), f"c{at}") if good else failed(len(script)))
    return script


def test_failing_tools_end_the_turn_after_one_last_chance() -> None:
    script = rounds(3)
    assert state_after(script).failures == 3
    assert decide(script) == Perform((Effect("model", {"step": 4}, Safety.SAFE),))
    last = len(script) + 1
    again = [*script, asked_model(4), answered(last, "", call("again"))]
    assert decide(again).error["code"] == "tools_failing"
    assert decide([*script, asked_model(4), answered(last, "I cannot.")]).status is RunStatus.COMPLETED


def test_one_good_call_forgives_the_failures() -> None:
    assert state_after(rounds(3, good_last=True)).failures == 0


def test_the_step_budget_ends_the_turn_before_calls_that_nobody_would_hear_of() -> None:
    definition = replace(DEFINITION, max_steps=1)
    decision = decide([started(), asked_model(), answered(2, "", call("c1", "pay"))], definition)
    assert decision.status is RunStatus.FAILED
    assert decision.error["code"] == BudgetExceededError.code
    assert decision.error["details"] == {"limit": "max_steps", "value": 1}
    assert decision.usage == consumption(Usage(3, 2), 0.0, 1)
    assert decide([started(), asked_model(), answered(2, "Done.")], definition).status is RunStatus.COMPLETED


def test_the_call_budget_ends_the_turn() -> None:
    calls = [call(f"c{at}") for at in range(4)]
    decision = decide(
        [started(), asked_model(), answered(2, "", *calls)], replace(DEFINITION, max_tool_calls=3)
    )
    assert decision.error["details"] == {"limit": "max_tool_calls", "value": 3}
    just_enough = replace(DEFINITION, max_tool_calls=4)
    assert len(decide([started(), asked_model(), answered(2, "", *calls)], just_enough).effects) == 4


def test_a_model_failure_ends_the_turn_and_keeps_what_was_heard() -> None:
    error = ProviderUnavailableError("Down.").to_json()
    script = [started(), asked_model(), EventDraft("model.failed", {"error": error, "partial": "Half an"}, 2)]
    decision = decide(script)
    assert (decision.status, decision.error) == (RunStatus.FAILED, error)
    assert decision.outputs == {"partial": "Half an"}
    end = EventDraft("run.failed", {"outputs": decision.outputs, "error": decision.error})
    state = state_after([*script, end])
    assert (state.status, state.text, state.error) == (RunStatus.FAILED, "Half an", error)
    assert state.steps[-1] == AgentStep(1, StepType.ERROR, "Down.")
    assert AgentReducer(DEFINITION).decide(state) == Perform()


def test_an_empty_answer_is_a_failure() -> None:
    decision = decide([started(), asked_model(), answered(2, " \n", reason="length")])
    assert decision.error["code"] == "provider_bad_response"
    assert "'length'" in decision.error["message"]


@pytest.mark.parametrize("arguments", ["", "{", "{}", '{"question": 3}', '{"options": ["a"]}', "[]"])
def test_a_malformed_question_is_a_call_that_will_fail(arguments: str) -> None:
    script = [started(), asked_model(), answered(2, "", call("c1", "request_human_input", arguments))]
    assert decide(script) == Perform((_tool("c1", "request_human_input", Safety.SAFE, arguments),))
    script += [asked_tool("c1", "request_human_input"), failed(4)]
    assert decide(script) == Perform((Effect("model", {"step": 2}, Safety.SAFE),))


def test_a_person_is_asked_only_where_the_tool_is_offered() -> None:
    definition = AgentDefinition(tools=(LOOK,))
    script = [started(), asked_model(), answered(2, "", call("c1", "request_human_input", ASK))]
    assert decide(script, definition) == Perform((_tool("c1", "request_human_input", Safety.SAFE, ASK),))


def test_two_questions_are_asked_one_after_the_other() -> None:
    asks = [call(each, "request_human_input", ASK) for each in ("c1", "c2")]
    script = [started(), asked_model(), answered(2, "", *asks)]
    for each in ("c1", "c2"):
        decision = decide(script)
        assert decision.events[0].payload["request_id"] == each
        answer = EventDraft("human.answered", {"request_id": each, "answer": {"ok": each}})
        script += [decision.events[0], EventDraft("run.waiting_human"), answer]
    assert [each.content for each in state_after(script).messages[-2:]] == ['{"ok": "c1"}', '{"ok": "c2"}']


def test_an_answer_to_another_question_is_not_taken() -> None:
    other = EventDraft("human.answered", {"request_id": "other", "answer": "no"})
    assert decide([*LONG[:10], other]) == Suspend(RunStatus.WAITING_HUMAN)


def test_an_unknown_tool_is_an_effect_that_will_fail() -> None:
    assert decide([started(), asked_model(), answered(2, "", call("c1", "nothing"))]) == Perform(
        (_tool("c1", "nothing", Safety.SAFE),)
    )


def test_calls_get_ids_of_their_own() -> None:
    script = [started(), asked_model(), answered(2, "", call("x"), call("x"), call(""))]
    state = state_after(script)
    assert [each.call.id for each in state.calls] == ["x", "call_3_1", "call_3_2"]
    assert state.messages[-1].tool_calls == tuple(each.call for each in state.calls)
    script += [asked_tool("x"), asked_tool("call_3_1"), asked_tool("call_3_2")]
    script += [did(4, "x"), did(5, "call_3_1"), did(6, "call_3_2"), asked_model(2)]
    again = state_after([*script, answered(10, "", call("x"))])
    assert again.calls[0].call.id == "call_11_0"


def test_results_that_nobody_waits_for_change_nothing_but_the_place() -> None:
    before = state_after(LONG[:6])
    for stray in (
        did(99, "c1"),
        failed(99),
        answered(99, "late"),
        EventDraft("model.failed", {"error": {}}, 99),
    ):
        event = Event("r", 7, stray.type, stray.payload, 0.0, stray.ref)
        assert replace(AgentReducer(DEFINITION).apply(before, event), seq=6) == before


def test_an_unknown_event_changes_nothing_but_the_place() -> None:
    before = state_after(LONG[:6])
    event = Event("r", 7, "state.patched", {"x": 1}, 0.0)
    assert AgentReducer(DEFINITION).apply(before, event) == replace(before, seq=7)


def test_a_cancelled_turn_keeps_what_was_heard() -> None:
    state = state_after(
        [started(), asked_model(), EventDraft("run.cancelled", {"by": "u", "partial": "Half"})]
    )
    assert (state.status, state.text, state.busy, state.output) == (RunStatus.CANCELLED, "Half", False, None)
    assert AgentReducer(DEFINITION).decide(state) == Perform()


def test_a_turn_that_was_failed_from_outside_has_ended() -> None:
    error: dict[str, Any] = {"code": "crash_loop", "message": "Died.", "details": {}}
    state = state_after([started(), asked_model(), EventDraft("run.failed", {"outputs": {}, "error": error})])
    assert (state.status, state.error, state.text, state.busy) == (RunStatus.FAILED, error, "", False)


def test_before_the_start_there_is_nothing_to_do() -> None:
    assert decide([]) == Perform()


def test_a_safety_word_in_arguments_does_not_become_the_effect_s() -> None:
    script = [started(), asked_model(), answered(2, "", call("c1", "pay", '{"safety": "safe"}'))]
    (effect,) = decide(script).effects
    requested = Event("r", 4, "tool.requested", effect.request().payload, 0.0)
    assert Effect.requested_by(requested) == effect
    assert effect.safety is Safety.UNSAFE


WIPE = ToolDefinition("wipe", "Wipe.", {"type": "object", "properties": {}}, approval=True)
GUARDED = AgentDefinition(tools=(LOOK, WIPE, request_human_input.definition))
WIPES = (call("w", "wipe", '{"disk": 1}'), call("l"))


def guarded(*more: EventDraft) -> list[EventDraft]:
    """The model has called a tool that needs approval, and one that does not."""
    return [started(), asked_model(), answered(2, "", *WIPES), asked_tool("l"), did(4, "l"), *more]


def judged(verdict: Any) -> list[EventDraft]:
    question = decide(guarded(), GUARDED)
    assert isinstance(question, Suspend)
    said = EventDraft("human.answered", {"request_id": "w", "answer": verdict})
    return guarded(*question.events, said)


def test_a_call_that_needs_approval_is_asked_about_after_the_other_calls() -> None:
    assert decide(guarded()[:3], GUARDED) == Perform((_tool("l", "look", Safety.SAFE),))
    waiting = decide(guarded(), GUARDED)
    (asked,) = waiting.events
    assert waiting.status is RunStatus.WAITING_HUMAN
    assert load(HumanContactRequest, asked.payload) == HumanContactRequest(
        "w",
        "May the tool 'wipe' be called with {\"disk\": 1}?",
        ("approve", "reject"),
        '{"disk": 1}',
    )


def test_an_approved_call_is_made() -> None:
    assert decide(judged("approve"), GUARDED) == Perform((_tool("w", "wipe", Safety.UNSAFE, '{"disk": 1}'),))


@pytest.mark.parametrize("verdict", ["reject", "maybe", None, True, {"outcome": "approve"}])
def test_what_is_no_approval_is_told_the_model_as_a_rejection(verdict: Any) -> None:
    script = judged(verdict)
    assert decide(script, GUARDED) == Perform((Effect("model", {"step": 2}, Safety.SAFE),))
    state = state_after(script, GUARDED)
    told = next(each for each in state.messages if each.tool_call_id == "w")
    assert '"code": "call_rejected"' in told.content
    assert state.failures == 0


def test_a_snapshot_holds_a_whole_turn() -> None:
    codec = AgentCodec()
    for length in range(1, len(judged("approve")) + 1):
        state = state_after(judged("approve")[:length], GUARDED)
        assert codec.load(json.loads(json.dumps(codec.dump(state)))) == state
