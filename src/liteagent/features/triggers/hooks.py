"""Requests to webhooks: who may send them, and the one run that each starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from anyio import to_thread
from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.errors import ConflictError, InvalidInputError, NotFoundError
from liteagent.features.triggers import repository
from liteagent.features.triggers.delivering import Deliveries, Held, hold
from liteagent.features.triggers.incoming import Heard, read_body
from liteagent.features.triggers.models import DeliveryRow, TriggerRow
from liteagent.features.triggers.moments import rfc3339
from liteagent.features.triggers.planning import LONGEST_KEY, planned_start, replan
from liteagent.features.triggers.schemas import HookAccepted
from liteagent.features.triggers.secrets import TriggerSecrets, answers_to, hash_of
from liteagent.features.triggers.signatures import Proof, SignedRequest, verify
from liteagent.infra.db.database import Database

__all__ = ["HookRequest", "HookService"]

_ID_HEADER = "idempotency-key"


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A request as it came. Headers are in lower case; its `repr` shows nothing of it."""

    media_type: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class HookService:
    """What answers at the addresses of webhooks."""

    def __init__(
        self,
        database: Database,
        deliveries: Deliveries,
        secrets: TriggerSecrets,
        clock: Clock,
        new_id: IdSource,
    ) -> None:
        self._database = database
        self._deliveries = deliveries
        self._secrets = secrets
        self._clock = clock
        self._new_id = new_id

    async def receive(self, token: str, request: HookRequest) -> HookAccepted:
        """Start the run that a request is for; when this returns it is durable.

        A request that was seen before is answered like the first time, and starts nothing.

        Raises:
            NotFoundError: Nothing answers to this token.
            NotAuthenticatedError: The signature does not hold, or is too old.
            ConflictError: The webhook is paused.
            InvalidInputError: The body cannot be read, or is not what the run takes.
            HTTPException: 415, the body is of another type.
        """
        trigger = await self._answering(token)
        proof = self._proof(trigger, request)
        if not trigger.enabled:
            raise ConflictError(
                "This webhook is paused. Switch it on to have it start runs.", code="trigger_paused"
            )
        body = await to_thread.run_sync(read_body, request.media_type, request.body)
        now = self._clock.now()
        heard = Heard(
            rfc3339(now), trigger.name, proof.delivery or "", body, dict(request.headers), dict(request.query)
        )
        held = await self._database.write(lambda session: self._plan(session, trigger.id, proof, heard, now))
        if isinstance(held, DeliveryRow):
            return _accepted(held)
        outcome = await self._deliveries.attempt(held)
        if outcome.error is not None and not outcome.passing:
            raise _refusal(outcome.error)
        status = "waiting" if outcome.error is not None else "delivered"
        return HookAccepted(run_id=outcome.run_id, delivery_id=held.delivery.id, status=status)

    async def _answering(self, token: str) -> TriggerRow:
        digest = hash_of(token)
        found = await self._database.read(lambda session: repository.answering(session, digest))
        if found is None or not answers_to(found, digest, self._clock.now()):
            raise NotFoundError(
                "Nothing answers at this address. Copy it anew from the trigger, or rotate it there.",
                code="hook_not_found",
            )
        return found

    def _proof(self, trigger: TriggerRow, request: HookRequest) -> Proof:
        if trigger.signature == "none":
            return Proof(request.headers.get(_ID_HEADER, "").strip() or None)
        now = self._clock.now()
        signed = SignedRequest(request.headers, request.body)
        return verify(trigger.signature, signed, self._secrets.holding(trigger, now), now)

    def _plan(
        self, session: Session, trigger_id: str, proof: Proof, heard: Heard, now: float
    ) -> Held | DeliveryRow:
        """The start to attempt now; a row that is settled, or somebody else's, where there is none."""
        trigger = session.get(TriggerRow, trigger_id, with_for_update=True)
        if trigger is None:
            raise NotFoundError("This webhook has just been deleted.", code="hook_not_found")
        fresh = self._new_id()
        key = _key(proof.delivery) if proof.delivery else proof.digest or fresh
        row = repository.heard(session, trigger.id, key, proof.digest)
        if row is None:
            row = planned_start(trigger, fresh, key, "webhook", heard, now)
            row.proof = proof.digest
            session.add(row)
        elif row.status == "failed":
            replan(row, trigger, heard, now)
        else:
            return row
        session.flush()
        is_held = row.status == "waiting" and hold(session, row, trigger, now)
        return Held(row, trigger) if is_held else row


def _accepted(row: DeliveryRow) -> HookAccepted:
    if row.error is not None and row.status == "failed":
        raise _refusal(row.error)
    return HookAccepted(run_id=row.run_id, delivery_id=row.id, status=row.status)


def _refusal(error: Mapping[str, Any]) -> InvalidInputError:
    """Why no run was started, whatever it was: for the sender it is the request that did not do."""
    return InvalidInputError(str(error["message"]), code=str(error["code"]), details=error["details"])


def _key(delivery: str) -> str:
    return delivery if len(delivery) <= LONGEST_KEY and delivery.isprintable() else hash_of(delivery)
