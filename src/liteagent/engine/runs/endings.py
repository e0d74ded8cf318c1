"""How runs end or wait, and what a person is asked before they would have to."""

from liteagent.contracts.errors import LiteAgentError, RunFailedError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Effect, EventDraft, RunStatus
from liteagent.engine.runs.ledger import DOUBT_OPTIONS, Ledger, doubt_id
from liteagent.engine.runs.protocol import Finish, Suspend

__all__ = [
    "crash_loop",
    "doubt",
    "effect_unknown",
    "finish_draft",
    "is_from_outside",
    "stopped",
    "stuck",
    "unforeseen",
    "waiting_draft",
]


def finish_draft(decision: Finish) -> EventDraft:
    """The event that ends a run."""
    payload: dict[str, JsonValue] = {"outputs": decision.outputs}
    if decision.error is not None:
        payload["error"] = decision.error
    if decision.usage is not None:
        payload["usage"] = decision.usage
    return EventDraft(f"run.{decision.status.lower()}", payload)


def waiting_draft(decision: Suspend, ledger: Ledger) -> EventDraft:
    """The event with which a run begins to wait."""
    payload: dict[str, JsonValue] = {} if decision.until is None else {"until": decision.until}
    if decision.status is RunStatus.PENDING:
        return EventDraft("run.parked", payload)
    waiting = [dict(each.payload) for each in ledger.questions.values()]
    return EventDraft(f"run.{decision.status.lower()}", {**payload, "waiting_for": waiting})


def is_from_outside(failure: JsonObject) -> bool:
    """Whether a `run.failed` was the worker's doing and not decided by the run's kind."""
    error = failure.get("error")
    return isinstance(error, dict) and (error.get("code") == "crash_loop" or error == stopped().to_json())


def doubt(seq: int, effect: Effect) -> EventDraft:
    """The question about an unsafe effect that was under way when its worker died."""
    subject = effect.payload.get("node") or effect.payload.get("name") or effect.kind
    return EventDraft(
        "human.requested",
        {
            "request_id": doubt_id(seq),
            "question": f"The worker died while {str(subject)!r} was under way, and repeating it may do it "
            "twice. Look whether it was done: answer `done` (with its result, if later steps need it), "
            "`repeat` to do it again, or `fail`.",
            "options": list(DOUBT_OPTIONS),
            "context": "",
            "effect": seq,
        },
    )


def crash_loop(claims: int) -> LiteAgentError:
    """Workers die at this run again and again: it is set aside."""
    return RunFailedError(
        f"{claims} workers in a row died at this run without getting further. Look at its last events "
        "for the cause, mend it and go on with a fork from its last event.",
        code="crash_loop",
    )


def effect_unknown(effect: Effect) -> LiteAgentError:
    """A person gave up an effect that may or may not have been done."""
    return RunFailedError(
        f"The worker died while an unsafe {effect.kind} effect was under way, and whether it was done was "
        "not found out.",
        code="effect_unknown",
    )


def unforeseen() -> LiteAgentError:
    """Foreign code raised something of its own."""
    return RunFailedError("Something unforeseen happened; see the server's log.")


def stopped() -> LiteAgentError:
    """Something went wrong around the run, not in it."""
    return RunFailedError("Something unforeseen stopped this run; the server's log has the cause.")


def stuck() -> LiteAgentError:
    """A reducer that neither acts nor ends."""
    return RunFailedError(
        "The run has nothing to do and has not ended; its reducer is at fault.", code="run_stuck"
    )
