"""Calling a performer: whatever it does, what comes back is the outcome of its effect."""

import logging
from math import inf
from typing import TypeVar

import anyio

from liteagent.contracts.errors import LiteAgentError, ProviderError
from liteagent.contracts.json import JsonValue
from liteagent.contracts.runs import Effect
from liteagent.contracts.values import value
from liteagent.engine.runs.endings import unforeseen
from liteagent.engine.runs.protocol import EffectContext, EffectResult, Program

__all__ = ["Outcome", "completed", "failed", "performed"]

S = TypeVar("S")

_log = logging.getLogger(__name__)


@value
class Outcome:
    """What an effect came to: `type` is that of the event that answers the request at seq `request`."""

    request: int
    type: str
    result: EffectResult


async def performed(
    program: Program[S], effect: Effect, state: S, context: EffectContext, seq: int
) -> Outcome:
    """Perform `effect`, requested at `seq`. Cancellation of this worker passes through."""
    try:
        result = await program.performers[effect.kind](effect, state, context)
    except LiteAgentError as error:
        return failed(effect, seq, error)
    except anyio.get_cancelled_exc_class():
        if _is_stopped():
            raise  # it is this worker that stops, and not something inside the performer
        _log.exception("performing %s of run %s", effect.kind, context.run_id)
        return failed(effect, seq, unforeseen())
    except Exception:  # noqa: BLE001  a performer is foreign code; its failure is this effect's result
        _log.exception("performing %s of run %s", effect.kind, context.run_id)
        return failed(effect, seq, unforeseen())
    return Outcome(seq, f"{effect.kind}.completed", result)


def _is_stopped() -> bool:
    """Whether the task that performs is itself cancelled, by a scope around it or by asyncio."""
    import asyncio  # which the loop has loaded by then, and an import of the engine has not

    task = asyncio.current_task()
    return anyio.current_effective_deadline() == -inf or (task is not None and task.cancelling() > 0)


def completed(effect: Effect, seq: int, result: EffectResult) -> Outcome:
    """The outcome of an effect that was done."""
    return Outcome(seq, f"{effect.kind}.completed", result)


def failed(effect: Effect, seq: int, error: LiteAgentError) -> Outcome:
    """The outcome of an effect that raised `error`."""
    payload: dict[str, JsonValue] = {"error": error.to_json()}
    if isinstance(error, ProviderError):
        payload["partial"] = error.partial
    if "node" in effect.payload:
        payload["node"] = effect.payload["node"]
    return Outcome(seq, f"{effect.kind}.failed", EffectResult(payload))
