"""Does what triggers have to do: each start once, each telling until its receiver has it or it is given up.

An attempt holds its delivery for a while. When the process dies with it, the next one makes it anew: a run
that was started is found again, a receiver is sent the same delivery under the same id.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio
from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import ConflictError, LiteAgentError, ProviderUnavailableError
from liteagent.contracts.fetch import Fetch, FetchError, FetchRequest, FetchResponse
from liteagent.contracts.identity import Principal
from liteagent.engine.resilience.retry import Random, RetryPolicy
from liteagent.features.triggers import repository
from liteagent.features.triggers.models import DeliveryRow, TriggerRow
from liteagent.features.triggers.planning import HELD_SECONDS, settle
from liteagent.features.triggers.secrets import TriggerSecrets
from liteagent.features.triggers.signatures import signed_headers
from liteagent.features.triggers.starting import Start, Starter
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken
from liteagent.infra.http import strict_json

__all__ = ["Deliveries", "Held", "Outcome", "hold", "owner_of"]

_log = logging.getLogger(__name__)

_SENDING = RetryPolicy(attempts=12, first_wait=20.0, longest_wait=6 * 3600.0, patience=6 * 3600.0)
_STARTING = RetryPolicy(attempts=6, first_wait=10.0, longest_wait=300.0)
_TRIAL = RetryPolicy(attempts=1)
_SHORTEST_WAIT = 1.0

_SEND_SECONDS = 15.0
_LARGEST_RESPONSE = 1_000_000
_KEPT_RESPONSE = 2_000
_GONE = 410
_SCOPE = hashlib.sha256(b"triggers").hexdigest()
_BUSY = ConflictError("The run that this trigger started before has not ended.", code="trigger_busy")
_UNFORESEEN = LiteAgentError("Something unforeseen happened; see the server's log.")


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that is this process's to attempt, with its trigger."""

    delivery: DeliveryRow
    trigger: TriggerRow

    @property
    def policy(self) -> RetryPolicy:
        """When it is attempted again."""
        if self.delivery.event in ("test", "trigger.test"):
            return _TRIAL
        return _SENDING if self.delivery.body is not None else _STARTING


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt went.

    Attributes:
        error: Why it came to nothing, as JSON; None where it did not.
        passing: Whether another attempt may go better.
        retry_after: Seconds that a receiver wants to be left alone for.
    """

    run_id: str | None = None
    error: dict[str, Any] | None = None
    passing: bool = False
    response: FetchResponse | None = None
    retry_after: float | None = None

    @classmethod
    def of(cls, error: LiteAgentError) -> "Outcome":
        """What a failure is."""
        passing = error.status >= 500 or isinstance(error, FetchError)
        return cls(error=error.to_json(), passing=passing)


class Deliveries:
    """What triggers have to do.

    Args:
        starter: Starts runs.
        fetch: Reaches receivers, and none of them where it may not.
        random: Spreads attempts, so that those that failed together don't come back together.
    """

    def __init__(
        self,
        database: Database,
        starter: Starter,
        fetch: Fetch,
        secrets: TriggerSecrets,
        clock: Clock,
        random: Random,
    ) -> None:
        self._database = database
        self._starter = starter
        self._fetch = fetch
        self._secrets = secrets
        self._clock = clock
        self._random = random

    async def take(self, limit: int) -> list[Held]:
        """Hold deliveries that are due, so that nobody else attempts them."""
        now = self._clock.now()

        def take(session: Session) -> list[Held]:
            found: list[Held] = []
            for row in repository.due_deliveries(session, now, limit):
                trigger = session.get_one(TriggerRow, row.trigger_id, with_for_update=True)
                if hold(session, row, trigger, now):
                    found.append(Held(row, trigger))
            session.flush()
            return found

        return await self._database.write(take)

    async def attempt(self, held: Held) -> Outcome:
        """Do it, and keep how it went."""
        try:
            outcome = await self._attempted(held)
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await self._keep(held, lambda row, now: setattr(row, "due_at", now))
            raise
        await self._keep(held, lambda row, now: self._settle(held, row, outcome, now))
        return outcome

    async def _attempted(self, held: Held) -> Outcome:
        try:
            return await (self._send(held) if held.delivery.body is not None else self._start(held))
        except LiteAgentError as error:
            return Outcome.of(error)
        except Exception:  # noqa: BLE001  one delivery's misfortune must not stop the others
            _log.warning("delivery %s of trigger %s", held.delivery.id, held.trigger.id, exc_info=True)
            return Outcome(error=_UNFORESEEN.to_json(), passing=True)

    async def _start(self, held: Held) -> Outcome:
        row, request = held.delivery, held.delivery.request or {}
        if row.attempts > 1 or row.error is not None:
            known = await self._database.read(lambda session: repository.run_started_for(session, row))
            if known is not None:
                return Outcome(known)
        digest = hashlib.sha256(strict_json.canonical(request)).hexdigest()
        token = IdempotencyToken(f"trigger:{row.trigger_id}:{row.key}", _SCOPE, digest)
        return Outcome(await self._starter(owner_of(held.trigger), Start(**request), token))

    async def _send(self, held: Held) -> Outcome:
        row, now = held.delivery, self._clock.now()
        body = (row.body or "").encode()
        headers = signed_headers(self._secrets.holding(held.trigger, now), row.id, row.event, body, now)
        request = FetchRequest(
            "POST",
            held.trigger.url or "",
            headers,
            body,
            timeout=_SEND_SECONDS,
            max_bytes=_LARGEST_RESPONSE,
            follow_redirects=False,
        )
        response = await self._fetch(request)
        if 200 <= response.status < 300:
            return Outcome(row.run_id, response=response)
        error = LiteAgentError(
            f"The receiver answered {response.status}. Only an answer from 200 to 299 counts as received; "
            "redirects are not followed.",
            code="receiver_refused",
            details={"status": response.status},
        )
        return Outcome(
            row.run_id, error.to_json(), response.status != _GONE, response, _retry_after(response)
        )

    async def _keep(self, held: Held, change: Callable[[DeliveryRow, float], None]) -> None:
        now = self._clock.now()

        def keep(session: Session) -> None:
            row = session.get(DeliveryRow, held.delivery.id, with_for_update=True)
            if row is not None and row.status == "waiting":
                change(row, now)

        await self._database.write(keep)

    def _settle(self, held: Held, row: DeliveryRow, outcome: Outcome, now: float) -> None:
        row.run_id = outcome.run_id or row.run_id
        if outcome.response is not None:
            row.response_status = outcome.response.status
            row.response_text = outcome.response.text()[:_KEPT_RESPONSE].replace("\x00", "\ufffd")
        else:
            row.response_status, row.response_text = None, None
        if outcome.error is None:
            settle(row, "delivered", now)
            return
        wait = self._wait(held, outcome)
        if wait is None:
            settle(row, "failed", now, outcome.error)
        else:
            row.error, row.due_at = outcome.error, now + max(wait, _SHORTEST_WAIT)

    def _wait(self, held: Held, outcome: Outcome) -> float | None:
        if not outcome.passing:
            return None
        error = ProviderUnavailableError("", retry_after=outcome.retry_after)
        return held.policy.wait(error, held.delivery.attempts, self._random)


def hold(session: Session, row: DeliveryRow, trigger: TriggerRow, now: float) -> bool:
    """Hold a delivery for an attempt; False where its trigger waits for the run before, so it is skipped.

    The trigger is locked, so that of two starts at the same moment one sees the other.
    """
    is_first = row.request is not None and row.attempts == 0 and row.event != "test"
    if is_first and trigger.overlap == "skip" and repository.is_busy(session, row):
        settle(row, "skipped", now, _BUSY.to_json())
        return False
    row.attempts += 1
    row.due_at = now + HELD_SECONDS
    return True


def owner_of(trigger: TriggerRow) -> Principal:
    """On whose behalf a trigger acts: whoever made it."""
    user = None if trigger.created_by == "system" else trigger.created_by
    return Principal(trigger.workspace_id, user)


def _retry_after(response: FetchResponse) -> float | None:
    said = response.headers.get("retry-after", "").strip()
    return float(said) if said.isascii() and said.isdecimal() and len(said) <= 6 else None
