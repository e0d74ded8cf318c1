"""Guardrails: functions that see what the user says and what an agent is about to answer.

A guardrail takes keyword arguments by name, may be async, and returns None to let the text pass, another text
to put in its place, or a `Refusal`. What it says stands in the journal, so that a replay does not call it.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from liteagent.contracts.errors import InvalidInputError, LiteAgentError, ToolError
from liteagent.contracts.json import dump
from liteagent.contracts.messages import Message, Role
from liteagent.contracts.runs import Effect
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import Verdict
from liteagent.engine.agent.state import AgentState
from liteagent.engine.runs.protocol import EffectContext, EffectResult

__all__ = ["FACTS", "GuardPerformer", "Guardrail", "Guardrails", "Refusal", "check_guardrail"]

Guardrail: TypeAlias = Callable[..., Any]

Guardrails: TypeAlias = Mapping[str, Guardrail]
"""Guardrails by the names that agents know them by."""

FACTS = ("stage", "text", "agent", "run_id", "flags")
"""What a guardrail may ask for by naming it: `stage` is `input` or `output`, `text` what is said, `agent` the
agent's name, `flags` what in the turn reads like an injected instruction."""

_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Refusal:
    """The text is not let through; `message` is said instead of an answer."""

    message: str


def check_guardrail(function: Guardrail) -> None:
    """Make sure that a function can be called as a guardrail.

    Raises:
        InvalidInputError: It requires a parameter that there is not, or one that has no name.
    """
    for parameter in inspect.signature(function).parameters.values():
        named = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        more = parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        known = named and parameter.name in FACTS
        if not known and not more and parameter.default is parameter.empty:
            raise InvalidInputError(
                f"A guardrail requires {str(parameter)!r}, which it is not given by name. Name any of: "
                f"{', '.join(FACTS)}."
            )


class GuardPerformer:
    """Performs `guard`: asks the agent's guardrails one after the other, each with what the one before left.

    One that raises, or is not there, fails the turn: what was meant to be looked at is not let through.
    """

    def __init__(self, definition: AgentDefinition, guardrails: Guardrails) -> None:
        self._definition = definition
        self._guardrails = guardrails

    async def __call__(self, effect: Effect, state: AgentState, context: EffectContext) -> EffectResult:
        """Ask them; the payload is a `Verdict`.

        Raises:
            ToolError: A guardrail failed.
        """
        stage = "output" if effect.payload.get("stage") == "output" else "input"
        message = state.messages[-1 if stage == "output" else state.turn_start]
        text = message.content
        facts = {
            "stage": stage,
            "agent": self._definition.name,
            "run_id": context.run_id,
            "flags": state.flags,
        }
        for name in self._definition.guards.hooks:
            said = await self._ask(name, {**facts, "text": text})
            if isinstance(said, Refusal):
                return EffectResult(dump(Verdict(stage, None, said.message, name)))
            text = text if said is None else said
        changed = text if text != message.content else None
        if stage == "input":
            return EffectResult(dump(Verdict(stage, changed)))
        context.emit(text)
        return EffectResult(dump(Verdict(stage, changed, message=Message(Role.ASSISTANT, text))))

    async def _ask(self, name: str, facts: Mapping[str, Any]) -> str | Refusal | None:
        guardrail = self._guardrails.get(name)
        if guardrail is None:
            raise ToolError(f"There is no guardrail {name!r} here. Install it, or take it from the agent.")
        check_guardrail(guardrail)
        try:
            said = guardrail(**_wanted(guardrail, facts))
            said = await said if inspect.isawaitable(said) else said
        except LiteAgentError:
            raise
        except Exception as error:
            told = f"{type(error).__name__}: {error}"[:_SHOWN]
            raise ToolError(f"The guardrail {name!r} failed: {told}") from error
        if said is None or isinstance(said, str | Refusal):
            return said
        raise ToolError(
            f"The guardrail {name!r} returned a {type(said).__name__}. Return a text, a Refusal, or nothing."
        )


def _wanted(guardrail: Guardrail, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = inspect.signature(guardrail).parameters
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return facts
    return {name: value for name, value in facts.items() if name in parameters}
