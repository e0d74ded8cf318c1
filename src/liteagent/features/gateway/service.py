"""Agents and flows for clients that speak somebody else's protocol: every turn is a run."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast

from anyio import to_thread

from liteagent.contracts.errors import ConflictError, InvalidInputError, NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Event, RunRecord, RunStatus
from liteagent.engine.workflow.document import from_document
from liteagent.features.agents.service import AgentService, PinnedAgent
from liteagent.features.chat.service import ChatService, NewTurn
from liteagent.features.gateway.asking import Ask
from liteagent.features.gateway.catalogue import FLOW_PREFIX
from liteagent.features.gateway.flows import inputs_of
from liteagent.features.gateway.hearing import Ending, Heard, heard
from liteagent.features.gateway.naming import born, run_of_response
from liteagent.features.gateway.refusals import model_not_found
from liteagent.features.gateway.schemas import Extension
from liteagent.features.gateway.turns import (
    Turn,
    failure_of,
    inputs_of_ask,
    pinned_for,
    said_in,
    turn_of_run,
)
from liteagent.features.runs.following import Cursor
from liteagent.features.runs.service import RunService
from liteagent.features.workflows.schemas import StartBody, WorkflowView
from liteagent.features.workflows.service import WorkflowService
from liteagent.infra.db.changes import Changes
from liteagent.infra.db.idempotency import IdempotencyToken
from liteagent.infra.db.kept import Kept
from liteagent.infra.http.frames import Frame

__all__ = ["GatewayService"]


class GatewayService:
    """Turns of agents and runs of flows.

    Args:
        changes: Of what agents are made of: as long as nothing changes they are not read anew.
    """

    def __init__(
        self,
        agents: AgentService,
        workflows: WorkflowService,
        chat: ChatService,
        runs: RunService,
        changes: Changes,
    ) -> None:
        self._agents = agents
        self._workflows = workflows
        self._chat = chat
        self._runs = runs
        self._kept: Kept[tuple[Principal, str], PinnedAgent] = Kept(changes)

    async def begin(self, principal: Principal, ask: Ask, token: IdempotencyToken | None = None) -> Turn:
        """Accept a turn, or hand a waiting run its answer; when this returns it is durable.

        Raises:
            NotFoundError: There is no such model, conversation or run.
            InvalidInputError: The flow cannot be started with this, or the answer does not fit.
            ConflictError: The run waits for nothing.
        """
        if ask.extension is not None and ask.extension.run_id is not None:
            return await self._answer(principal, ask, ask.extension, ask.extension.run_id)
        if ask.model.startswith(FLOW_PREFIX):
            return await self._start(principal, ask, token)
        return await self._accept(principal, ask, token)

    async def hear(self, principal: Principal, turn: Turn) -> AsyncGenerator[Heard]:
        """What a turn says, piece by piece, and how it is left; it goes on if nobody listens.

        Raises:
            NotFoundError: Not in this workspace.
            RunFailedError: `answer_restarted`.
        """
        cursor = Cursor(turn.after)
        if turn.is_flow:
            found = cast(
                "AsyncGenerator[Frame]", await self._workflows.follow(principal, turn.run_id, cursor)
            )
        else:
            found = self._runs.begun(turn.run_id, cursor)
        async with aclosing(found) as frames:
            async for each in heard(frames, turn.tools, turn.after):
                yield each

    async def ending(self, principal: Principal, turn: Turn) -> Ending:
        """How a turn is left, once it is.

        Raises:
            LiteAgentError: It has failed; the details name the run.
        """
        async with aclosing(self.hear(principal, turn)) as pieces:
            async for each in pieces:
                if isinstance(each, Ending):
                    if (failure := failure_of(each, turn)) is not None:
                        raise failure
                    return each
        raise ConflictError("Nothing more is said in this run.", details={"run_id": turn.run_id})

    async def turn_of(self, principal: Principal, response: str) -> tuple[Turn, RunRecord]:
        """The turn of a response, and its run as it stands.

        Raises:
            NotFoundError: There is no such response, or it was not to be stored.
        """
        turn, record, _ = await self._found(principal, response)
        return turn, record

    async def going_on(self, principal: Principal, ask: Ask, previous: str) -> Ask:
        """`ask` said after a response: as the answer to its question, or with what was said before.

        Raises:
            NotFoundError: There is no such response.
            ConflictError: It is not done.
        """
        turn, record, started = await self._found(principal, previous)
        if record.status is RunStatus.WAITING_HUMAN:
            given = ask.extension or Extension()
            return replace(ask, extension=given.model_copy(update={"run_id": turn.run_id}))
        if record.status is not RunStatus.COMPLETED:
            raise ConflictError(
                f"Response {previous} is {record.status}; only a completed one is gone on from.",
                code="response_not_completed",
                details={"param": "previous_response_id"},
            )
        _, newest = await self._runs.newest(principal, turn.run_id)
        goes_on = ask.after(said_in(started.payload, newest.payload))
        return replace(goes_on, conversation_id=ask.conversation_id or turn.conversation_id)

    async def cancel(self, principal: Principal, record: RunRecord) -> None:
        """End a run; one that has ended is left alone.

        Raises:
            NotFoundError: Not in this workspace.
        """
        if not record.status.ended:
            await self._runs.cancel(principal, record.id)

    async def _found(self, principal: Principal, response: str) -> tuple[Turn, RunRecord, Event]:
        run_id, after = run_of_response(response)
        try:
            record, started = await self._runs.started(principal, run_id)
        except NotFoundError:
            raise _no_response(response) from None
        turn = turn_of_run(record, started.payload, after)
        if "responses" not in turn.told or turn.told.get("store") is False:
            raise _no_response(response)
        return turn, record, started

    async def _accept(self, principal: Principal, ask: Ask, token: IdempotencyToken | None) -> Turn:
        pinned = await self._kept.get((principal, ask.model), lambda: self._pin(principal, ask.model))
        if ask.conversation_id is not None:
            await self._chat.require(principal, ask.conversation_id)
        agent = pinned_for(pinned, ask)
        tools = tuple(each.name for each in ask.tools)
        client: JsonObject = {"told": ask.told, "tools": list(tools)}
        turn = NewTurn(agent, inputs_of_ask(ask), ask.talk.message, ask.conversation_id, client)
        accepted = await self._chat.accept(principal, turn, token)
        return Turn(
            accepted.run_id,
            accepted.conversation_id,
            ask.model,
            born(accepted.run_id),
            told=ask.told,
            tools=tools,
        )

    async def _pin(self, principal: Principal, model: str) -> PinnedAgent:
        found = await self._agents.find(principal, model)
        if found is None:
            raise model_not_found(model)
        return await self._agents.pin(principal, found.id)

    async def start(self, principal: Principal, slug: str, inputs: JsonObject) -> Turn:
        """Start a run of a flow with these inputs; when this returns it is durable.

        Raises:
            NotFoundError: `model_not_found`.
            InvalidInputError: They are not what it takes.
        """
        flow = await self._flow(principal, FLOW_PREFIX + slug)
        return await self._run(principal, flow, inputs, {"model": FLOW_PREFIX + slug}, None)

    async def _start(self, principal: Principal, ask: Ask, token: IdempotencyToken | None) -> Turn:
        flow = await self._flow(principal, ask.model)
        if ask.tools or ask.talk.images:
            raise InvalidInputError(
                "A flow takes neither tools nor pictures of the client's.", details={"param": "tools"}
            )
        definition = await to_thread.run_sync(lambda: from_document(flow.document))
        given = inputs_of(definition.inputs, ask.talk.message)
        return await self._run(principal, flow, given, ask.told, token)

    async def _flow(self, principal: Principal, model: str) -> WorkflowView:
        flow = await self._workflows.find(principal, model.removeprefix(FLOW_PREFIX))
        if flow is None:
            raise model_not_found(model)
        return flow

    async def _run(
        self,
        principal: Principal,
        flow: WorkflowView,
        inputs: JsonObject,
        told: Mapping[str, Any],
        token: IdempotencyToken | None,
    ) -> Turn:
        body = StartBody.model_validate({"inputs": dict(inputs)})
        run_id = await self._workflows.start(principal, flow.id, body, token, client={"told": told})
        return Turn(run_id, None, FLOW_PREFIX + flow.slug, born(run_id), told=told, is_flow=True)

    async def _answer(self, principal: Principal, ask: Ask, extension: Extension, run_id: str) -> Turn:
        record, started = await self._runs.started(principal, run_id)
        answer = ask.talk.message if extension.answer is None else extension.answer
        await self._runs.answer(principal, run_id, answer, extension.request_id)
        turn = turn_of_run(record, started.payload, record.head)
        return replace(turn, model=ask.model, told={**turn.told, **ask.told})


def _no_response(response: str) -> NotFoundError:
    return NotFoundError(
        f"There is no response {response[:100]}.", code="response_not_found", details={"param": "response_id"}
    )
