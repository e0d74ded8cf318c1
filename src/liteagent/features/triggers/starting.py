"""What triggers need of whoever starts runs."""

from dataclasses import dataclass
from typing import Protocol

from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject
from liteagent.infra.db.idempotency import IdempotencyToken

__all__ = ["Start", "Starter"]


@dataclass(frozen=True, slots=True)
class Start:
    """A run about to be started: of a workflow, or a turn of an agent.

    Attributes:
        version: Of the workflow; None takes the published one, or the newest.
        inputs: Of the workflow; for an agent `message`.
        client: What is kept with the run: which trigger and delivery it came of.
    """

    workflow_id: str | None
    agent_id: str | None
    version: int | None
    inputs: JsonObject
    client: JsonObject


class Starter(Protocol):
    """Starts runs."""

    async def __call__(self, principal: Principal, start: Start, token: IdempotencyToken) -> str:
        """Start it; when this returns it is durable. The run's id, the same again for the same token.

        Raises:
            InvalidInputError: The inputs are not what it takes.
            NotFoundError: The workflow or the agent is not there.
        """
        ...
