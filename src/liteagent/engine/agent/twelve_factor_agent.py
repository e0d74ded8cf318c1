"""The agent as a library: a model, a purpose and tools, and pure steps over a state that the caller keeps."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

import anyio

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import ConflictError, LiteAgentError, NotFoundError
from liteagent.contracts.json import JsonObject, JsonValue, dump
from liteagent.contracts.llm import LLM, OutputSchema
from liteagent.contracts.messages import Image, Message
from liteagent.contracts.registry import Registry
from liteagent.contracts.runs import Effect, Event, EventDraft
from liteagent.engine.agent.definition import AgentDefinition, SubAgent
from liteagent.engine.agent.events import Origin, TurnInputs
from liteagent.engine.agent.guardrails import Guardrails
from liteagent.engine.agent.guards import Guards
from liteagent.engine.agent.memory import Memory, TokenLimitedMemory
from liteagent.engine.agent.performers import unheard
from liteagent.engine.agent.prefetch import Prefetch
from liteagent.engine.agent.prompts import Prompts
from liteagent.engine.agent.reducer import AgentReducer
from liteagent.engine.agent.requests import system_prompt
from liteagent.engine.agent.state import AgentState
from liteagent.engine.agent.team import Member, own_performers, team_performers
from liteagent.engine.agent.tools import Tool, tools_by_name
from liteagent.engine.agent.types import AgentStatus, ToolDefinition
from liteagent.engine.runs.performing import completed, failed
from liteagent.engine.runs.protocol import Decision, EffectContext, Finish, Perform, Performer, Suspend

__all__ = ["Agent", "OnDelta", "TwelveFactorAgent"]

OnDelta: TypeAlias = Callable[[str], None]


class TwelveFactorAgent:
    """A small, focused agent that keeps nothing between calls: every step takes a state and gives the next.

    Args:
        llm: The model.
        purpose: What the agent is for, in plain language.
        tools: Tools, or typed functions that become unsafe ones; `request_human_input` lets it ask a person.
        prompts: Its texts; print them with `print(agent.prompt())`.
        memory: What of a long conversation the model sees; default: about 4,000 tokens.
        max_steps: Model calls in one turn.
        name: What it calls itself.
        temperature: None leaves it to the provider.
        max_output_tokens: None leaves it to the provider.
        output_schema: JSON Schema of its answers, of type object; they are checked, and mended once.
        client_tools: Tools that whoever calls this agent has: a call of one ends the turn.
        prefetch: Calls of its safe tools that are made at the beginning of each turn.
        agents: Other agents that it may give tasks, by the names that the model calls them by.
        hand_offs: Other agents that it may hand the conversation over to.
        guards: What its texts are watched for.
        guardrails: Functions that see what is said to it and what it answers, by name.
        max_tokens, max_cost, max_seconds: What one turn may use; see `AgentDefinition`.
        context_window: What the model can read at once, in tokens.
        clock: Tells the time of steps; only `max_seconds` needs it. Default: the system's.

    Example:
        >>> from liteagent.testing import ScriptedLLM
        >>> agent = TwelveFactorAgent(ScriptedLLM(["Hello back."]), purpose="Greet people.")
        >>> state = agent.launch("Hello")
        >>> state = anyio.run(agent.step, state)
        >>> state.status.value, state.text
        ('COMPLETED', 'Hello back.')

    Raises:
        InvalidInputError: A limit is below 1, two tools have one name, or a function cannot become a tool.
    """

    def __init__(
        self,
        llm: LLM,
        *,
        purpose: str = "",
        tools: Iterable[Tool | Callable[..., Any]] = (),
        prompts: Prompts | None = None,
        memory: Memory | None = None,
        max_steps: int = 10,
        name: str = "Assistant",
        temperature: float | None = None,
        max_output_tokens: int | None = None,
        output_schema: JsonObject | None = None,
        client_tools: Iterable[ToolDefinition] = (),
        prefetch: Iterable[Prefetch] = (),
        agents: Mapping[str, "TwelveFactorAgent"] = MappingProxyType({}),
        hand_offs: Mapping[str, "TwelveFactorAgent"] = MappingProxyType({}),
        guards: Guards | None = None,
        guardrails: Guardrails = MappingProxyType({}),
        max_tokens: int | None = None,
        max_cost: float | None = None,
        max_seconds: float | None = None,
        context_window: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        by_name = tools_by_name(tools)
        team = {**agents, **hand_offs}
        self.definition = AgentDefinition(
            name=name,
            purpose=purpose,
            tools=tuple(tool.definition for tool in by_name.values()),
            prompts=prompts or Prompts(),
            memory=memory or TokenLimitedMemory(),
            max_steps=max_steps,
            temperature=temperature,
            max_output_tokens=max_output_tokens,
            output_schema=None if output_schema is None else OutputSchema("answer", output_schema),
            client_tools=tuple(client_tools),
            prefetch=tuple(prefetch),
            agents=tuple(
                SubAgent(known, each.definition, each.definition.purpose, hand_off=known in hand_offs)
                for known, each in team.items()
            ),
            guards=replace(guards or Guards(), hooks=tuple(guardrails)),
            max_tokens=max_tokens,
            max_cost=max_cost,
            max_seconds=max_seconds,
            context_window=context_window,
        )
        self._clock = clock or (_system_clock() if max_seconds is not None else None)
        self._reducer = AgentReducer(self.definition)
        own = own_performers(self.definition, llm, by_name.values(), guardrails)
        members = {known: each._member for known, each in team.items()}  # noqa: SLF001  of this very class
        self._member = Member(own, members)
        self._performers: dict[str, Performer[AgentState]] = team_performers(self._member)

    @property
    def performers(self) -> Mapping[str, Performer[AgentState]]:
        """What performs its effects, for a driver of your own."""
        return self._performers

    def prompt(self) -> str:
        """The system prompt as the model reads it."""
        return system_prompt(self.definition)

    def launch(
        self,
        message: str,
        history: Sequence[Message] = (),
        *,
        run_id: str = "",
        kind: Origin = "chat",
        source: str = "",
        images: Sequence[Image] = (),
        summary: str = "",
    ) -> AgentState:
        """The state of a new turn; nothing is called yet.

        Args:
            message: What the user says.
            history: Earlier turns, for instance the `messages` of their last state. Only what the user and
                the agent said is taken from it, not its tool calls and their results.
            run_id: A fresh id, where tools rely on idempotency keys; without one those are empty.
            kind: What starts the turn: a chat, a webhook, a schedule, an API call, an MCP client.
            source: Which one.
            images: Shown with the message.
            summary: Of what was said before the history: `summary` of an earlier turn's state.
        """
        inputs = dump(TurnInputs(message, tuple(history), tuple(images), kind, source, summary))
        started = EventDraft("run.started", {"inputs": inputs, "definition": dump(self.definition)})
        return self._apply(AgentState(run_id=run_id), started)

    async def step(self, state: AgentState, *, on_delta: OnDelta | None = None) -> AgentState:
        """One decision: call the model, or all the tools that it asked for, and take in what came of it.

        An end or a question that follows at once belongs to the same step. A state that has ended or waits
        comes back unchanged. A model's failure is a FAILED state, a tool's is told to the model.

        Args:
            state: From `launch`, `step`, `answer` or `AgentState.from_json`.
            on_delta: Called with each piece of the model's text as it arrives.

        Raises:
            ConflictError: Effects of this state are in flight elsewhere.
        """
        if not state.status.runnable:
            return state
        if state.status is AgentStatus.PENDING:
            state = self._apply(state, EventDraft("run.claimed"))
        state, decision = self._decide(state)
        if isinstance(decision, Perform):
            state = await self._perform(state, decision.effects, on_delta)
            state, decision = self._decide(state)
        return state if isinstance(decision, Perform) else self._stop(state, decision)

    async def run(self, start: str | AgentState, *, on_delta: OnDelta | None = None) -> AgentState:
        """Step until the turn ends or waits for a person.

        Raises:
            ConflictError: Effects of this state are in flight elsewhere.
        """
        state = self.launch(start) if isinstance(start, str) else start
        while state.status.runnable:
            state = await self.step(state, on_delta=on_delta)
        return state

    def answer(self, state: AgentState, answer: JsonValue, request_id: str | None = None) -> AgentState:
        """Give the answer that the turn waits for; then step on.

        Raises:
            NotFoundError: `request_id` is not the question that is open.
            ConflictError: No question is open.
        """
        asked = state.human_request
        if asked is None or state.status is not AgentStatus.WAITING_HUMAN:
            raise ConflictError(
                f"This turn is not waiting for an answer: {state.status}.", code="not_waiting"
            )
        if request_id not in (None, asked.request_id):
            raise NotFoundError(
                f"{request_id!r} is not being asked; the open question is {asked.request_id!r}.",
                code="question_not_found",
            )
        given = {"request_id": asked.request_id, "answer": answer}
        return self._apply(state, EventDraft("human.answered", given))

    def _decide(self, state: AgentState) -> tuple[AgentState, Decision]:
        """The next decision that is more than a fact to note, and the state with the facts."""
        decision = self._reducer.decide(state)
        while isinstance(decision, Perform) and decision.events and not decision.effects:
            for draft in decision.events:
                state = self._apply(state, draft)
            decision = self._reducer.decide(state)
        return state, decision

    def _apply(self, state: AgentState, draft: EventDraft) -> AgentState:
        now = self._clock.now() if self._clock else 0.0
        event = Event(state.run_id, state.seq + 1, draft.type, draft.payload, now, draft.ref)
        return self._reducer.apply(state, event)

    def _stop(self, state: AgentState, decision: Suspend | Finish) -> AgentState:
        if isinstance(decision, Suspend):
            for draft in decision.events:
                state = self._apply(state, draft)
            return self._apply(state, EventDraft(f"run.{decision.status.lower()}"))
        payload: dict[str, JsonValue] = {"outputs": decision.outputs, "error": decision.error}
        return self._apply(state, EventDraft(f"run.{decision.status.lower()}", payload))

    async def _perform(
        self, state: AgentState, effects: Sequence[Effect], on_delta: OnDelta | None
    ) -> AgentState:
        """Request the effects, perform them side by side, take in the results in the order of requests."""
        if not effects:
            raise ConflictError(
                "Effects of this state are in flight: whoever requested them has to bring them to an end."
            )
        first = state.seq + 1
        for effect in effects:
            state = self._apply(state, effect.request())
        outcomes: dict[int, EventDraft] = {}

        async def perform(seq: int, effect: Effect) -> None:
            context = EffectContext(state.run_id, "", f"{state.run_id}:{seq}", 1, on_delta or unheard)
            outcomes[seq] = await _outcome(self._performers[effect.kind], effect, state, context, seq)

        await _side_by_side([partial(perform, seq, each) for seq, each in enumerate(effects, start=first)])
        for seq in sorted(outcomes):
            state = self._apply(state, outcomes[seq])
        return state


Agent = TwelveFactorAgent


async def _outcome(
    performer: Performer[AgentState], effect: Effect, state: AgentState, context: EffectContext, ref: int
) -> EventDraft:
    try:
        result = await performer(effect, state, context)
    except LiteAgentError as error:
        outcome = failed(effect, ref, error)
    else:
        outcome = completed(effect, ref, result)
    return EventDraft(outcome.type, outcome.result.payload, ref)


async def _side_by_side(jobs: Sequence[Callable[[], Any]]) -> None:
    """Run all; one alone runs in the caller's own task, so that its exception arrives as it is."""
    if len(jobs) == 1:
        await jobs[0]()
        return
    async with anyio.create_task_group() as group:
        for job in jobs:
            group.start_soon(job)


def _system_clock() -> Clock:
    system: Registry[Any] = Registry("liteagent.system")
    return system.get("clock")()
