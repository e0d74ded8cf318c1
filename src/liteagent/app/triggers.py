"""The triggers of the installation, put together."""

import random
from dataclasses import dataclass
from typing import Any

from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import dump
from liteagent.engine.agent.events import TurnInputs
from liteagent.features.agents.service import AgentService
from liteagent.features.chat.service import ChatService, NewTurn
from liteagent.features.triggers.delivering import Deliveries
from liteagent.features.triggers.hooks import HookService
from liteagent.features.triggers.scheduling import Scheduler
from liteagent.features.triggers.secrets import TriggerSecrets
from liteagent.features.triggers.service import TriggerService
from liteagent.features.triggers.starting import Start
from liteagent.features.triggers.tasks import TriggerWorker
from liteagent.features.triggers.telling import Listeners
from liteagent.features.workflows.schemas import StartBody
from liteagent.features.workflows.service import WorkflowService
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken
from liteagent.infra.security.encryption import Encryption

__all__ = ["PlatformStarter", "Triggers", "assemble_triggers"]


@dataclass(frozen=True, slots=True)
class Triggers:
    """Triggers as users keep them, what answers at the addresses of webhooks, and what keeps it all going."""

    service: TriggerService
    hooks: HookService
    worker: TriggerWorker


class PlatformStarter:
    """Starts the runs of triggers: of workflows, and turns of agents, each in a conversation of its own."""

    def __init__(self, workflows: WorkflowService, agents: AgentService, chat: ChatService) -> None:
        self._workflows = workflows
        self._agents = agents
        self._chat = chat

    async def __call__(self, principal: Principal, start: Start, token: IdempotencyToken) -> str:
        """See `Starter`."""
        if start.workflow_id is not None:
            body = StartBody(inputs=dict[str, Any](start.inputs), version=start.version)
            return await self._workflows.start(principal, start.workflow_id, body, token, client=start.client)
        message = start.inputs.get("message")
        if not isinstance(message, str) or not message.strip():
            raise InvalidInputError(
                "There is nothing to tell the agent: `message` is no text, or it is empty.",
                details={"field": "inputs.message"},
            )
        pinned = await self._agents.pin(principal, start.agent_id or "")
        turn = NewTurn(pinned, dump(TurnInputs(message)), message, client=start.client)
        return (await self._chat.accept(principal, turn, token)).run_id


def assemble_triggers(
    database: Database,
    listeners: Listeners,
    starter: PlatformStarter,
    fetch: Fetch,
    encryption: Encryption,
    clock: Clock,
    new_id: IdSource,
) -> Triggers:
    """What triggers are made of."""
    secrets = TriggerSecrets(encryption)
    deliveries = Deliveries(database, starter, fetch, secrets, clock, _spread)
    scheduler = Scheduler(database, clock, new_id)
    return Triggers(
        TriggerService(database, deliveries, listeners, secrets, clock, new_id),
        HookService(database, deliveries, secrets, clock, new_id),
        TriggerWorker(database, scheduler, deliveries, listeners, clock),
    )


def _spread() -> float:
    """From a half to the whole of a pause: what failed together does not come back together, nor at once."""
    return 0.5 + random.random() / 2  # noqa: S311  nothing depends on its being hard to guess
