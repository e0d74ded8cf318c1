"""Agents and published flows as MCP tools: what they are called, what they take, what comes of a call."""

from typing import Any

from anyio import to_thread
from mcp import types

from liteagent.contracts.identity import Principal
from liteagent.engine.workflow.document import from_document
from liteagent.features.agents.service import AgentService
from liteagent.features.gateway.flows import input_schema
from liteagent.features.gateway.hearing import Ending
from liteagent.features.gateway.pages import every
from liteagent.features.gateway.turns import Turn
from liteagent.features.workflows.service import WorkflowService

__all__ = ["ANSWER_QUESTION", "FLOW_TOOL", "ToolCatalogue", "result_of"]

ANSWER_QUESTION = "answer_question"
"""The tool that hands a waiting run its answer."""

FLOW_TOOL = "workflow_"
"""Before a flow's id, in the name of its tool."""

_MESSAGE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "description": "What to say to the agent."},
        "conversation_id": {"type": "string", "description": "Goes on with an earlier conversation."},
    },
    "required": ["message"],
    "additionalProperties": False,
}
_ANSWER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "run_id": {"type": "string", "description": "The run that waits, as its result named it."},
        "answer": {"description": "One of the options, a text, or an object that fits the form."},
        "request_id": {"type": "string", "description": "Which question; needed where several are open."},
    },
    "required": ["run_id", "answer"],
    "additionalProperties": False,
}


class ToolCatalogue:
    """What a principal's client may call."""

    def __init__(self, agents: AgentService, workflows: WorkflowService) -> None:
        self._agents = agents
        self._workflows = workflows

    async def tools(self, principal: Principal) -> list[types.Tool]:
        """Every agent, every published flow, and the tool for answers."""
        answering = types.Tool(
            name=ANSWER_QUESTION,
            description="Answer the question of a run that waits for a person, and let it go on.",
            input_schema=_ANSWER,
        )
        return [*await self._of_agents(principal), *await self._of_flows(principal), answering]

    async def _of_agents(self, principal: Principal) -> list[types.Tool]:
        return [
            types.Tool(
                name=each.slug,
                title=each.name,
                description=each.description or f"Talk to the agent {each.name}.",
                input_schema=_MESSAGE,
            )
            async for each in every(self._agents.list, principal)
        ]

    async def _of_flows(self, principal: Principal) -> list[types.Tool]:
        return [
            await self._of_flow(principal, each.slug)
            async for each in every(self._workflows.list, principal)
            if each.published_version is not None
        ]

    async def _of_flow(self, principal: Principal, slug: str) -> types.Tool:
        flow = await self._workflows.find(principal, slug)
        document = {} if flow is None else flow.document
        definition = await to_thread.run_sync(lambda: from_document(document))
        return types.Tool(
            name=FLOW_TOOL + slug,
            title=definition.name or slug,
            description=definition.description or f"Run the flow {definition.name or slug}.",
            input_schema=input_schema(definition.inputs),
        )


def result_of(turn: Turn, ending: Ending) -> types.CallToolResult:
    """What a call came to; where a person is asked, how to answer."""
    told: dict[str, Any] = {
        "text": ending.text,
        "status": ending.status.value,
        "run_id": turn.run_id,
        "conversation_id": turn.conversation_id,
    }
    text = ending.text
    if ending.request is not None:
        told["request"] = dict(ending.request)
        text += f"\n\nRun {turn.run_id} waits for this answer: call `{ANSWER_QUESTION}` with its run_id."
    if turn.is_flow and ending.outputs:
        told["outputs"] = dict(ending.outputs)
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], structured_content=told)
