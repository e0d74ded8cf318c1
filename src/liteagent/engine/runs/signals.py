"""What people say to a run from outside: an answer, a wish to pause, to go on, or to end it.

Each function gives what `Driver.signal` takes: it makes the event from the run as it stands, raises where
that does not allow it, and gives None where there is nothing to do.
"""

from collections.abc import Callable
from typing import TypeAlias

from liteagent.contracts.errors import ConflictError, InvalidInputError, NotFoundError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import EventDraft, RunRecord, RunStatus
from liteagent.engine.runs.forms import check_form
from liteagent.engine.runs.ledger import Ledger, Question

__all__ = ["Signal", "answer", "cancel", "pause", "resume"]

Signal: TypeAlias = Callable[[RunRecord, Ledger], EventDraft | None]


def answer(
    value: JsonValue,
    request_id: str | None,
    *,
    by: str,
    now: float,
    may: Callable[[JsonObject], None] | None = None,
) -> Signal:
    """A person's answer.

    Args:
        value: What they say.
        request_id: Which question; None where only one is open.
        by: Who.
        now: Seconds since the epoch; a question's `until` is measured against it.
        may: Raises NotPermittedError where they may not answer the question of this payload.

    The signal raises NotFoundError (no such question), ConflictError (`already_answered`, `answer_too_late`,
    `not_waiting`), InvalidInputError (not among the options, or several questions are open).
    """

    def draft(record: RunRecord, ledger: Ledger) -> EventDraft:
        asked, question = _question(record, ledger, request_id)
        if may is not None:
            may(question.payload)
        until = question.payload.get("until")
        if isinstance(until, int | float) and until <= now:
            raise _too_late(asked)
        _check_option(question, value)
        check_form(question.payload.get("form"), value)
        return EventDraft("human.answered", {"request_id": asked, "answer": value, "by": by})

    return draft


def pause(*, by: str) -> Signal:
    """Begin nothing new; a run that nobody works at is PAUSED at once. The signal raises ConflictError."""

    def draft(record: RunRecord, ledger: Ledger) -> EventDraft | None:
        _refuse_if_ended(record)
        if record.status is RunStatus.PAUSED or ledger.pausing:
            return None
        working = record.status is RunStatus.RUNNING
        return EventDraft("run.pausing" if working else "run.paused", {"by": by})

    return draft


def resume(*, by: str) -> Signal:
    """Go on after a pause. The signal raises ConflictError where there is none."""

    def draft(record: RunRecord, ledger: Ledger) -> EventDraft:
        _refuse_if_ended(record)
        if record.status is not RunStatus.PAUSED and not ledger.pausing:
            raise ConflictError(
                f"Run {record.id} is not paused: {record.status}. One that waits for a person is answered.",
                code="not_paused",
            )
        return EventDraft("run.resumed", {"by": by})

    return draft


def cancel(*, by: str, partial: str = "") -> Signal:
    """End the run. `partial` is the text that it had so far. The signal raises ConflictError."""

    def draft(record: RunRecord, _ledger: Ledger) -> EventDraft:
        _refuse_if_ended(record)
        return EventDraft("run.cancelled", {"by": by, "partial": partial})

    return draft


def _too_late(asked: str) -> ConflictError:
    return ConflictError(f"The time to answer {asked!r} is over.", code="answer_too_late")


def _refuse_if_ended(record: RunRecord) -> None:
    if record.status.ended:
        raise ConflictError(f"Run {record.id} has ended already: {record.status}.", code="run_ended")


def _question(record: RunRecord, ledger: Ledger, request_id: str | None) -> tuple[str, Question]:
    if request_id is not None and request_id not in ledger.questions and request_id in ledger.closed:
        if ledger.closed[request_id] == "human.expired":
            raise _too_late(request_id)
        raise ConflictError(f"{request_id!r} was answered already.", code="already_answered")
    if request_id is not None and request_id not in ledger.questions:
        raise NotFoundError(f"Run {record.id} does not ask {request_id!r}.", code="question_not_found")
    if record.status.ended or not ledger.questions:
        raise ConflictError(f"Run {record.id} asks nothing now: {record.status}.", code="not_waiting")
    if request_id is None and len(ledger.questions) > 1:
        raise InvalidInputError(
            f"Several questions are open; say which with `request_id`: {', '.join(ledger.questions)}.",
            code="several_questions",
            details={"field": "request_id", "open": list(ledger.questions)},
        )
    asked = request_id or next(iter(ledger.questions))
    return asked, ledger.questions[asked]


def _check_option(question: Question, value: JsonValue) -> None:
    options = question.payload.get("options")
    if not isinstance(options, list | tuple) or not options:
        return
    said = value.get("outcome") if question.effect is not None and isinstance(value, dict) else value
    if said not in options:
        raise InvalidInputError(
            f"The answer is to be one of: {', '.join(map(str, options))}.",
            code="not_an_option",
            details={"field": "answer", "options": list(options)},
        )
