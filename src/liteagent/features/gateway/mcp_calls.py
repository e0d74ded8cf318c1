"""Calls of MCP tools: each is a run, whose words are its progress and whose questions go to the client."""

from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, cast

from mcp import types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server

from liteagent.contracts.errors import InvalidInputError, LiteAgentError
from liteagent.contracts.identity import Principal
from liteagent.features.gateway.asking import Ask, Talk
from liteagent.features.gateway.hearing import Ending, Piece
from liteagent.features.gateway.mcp_tools import ANSWER_QUESTION, FLOW_TOOL, ToolCatalogue, result_of
from liteagent.features.gateway.schemas import Extension
from liteagent.features.gateway.service import GatewayService
from liteagent.features.gateway.turns import Turn, failure_of

__all__ = ["mcp_server"]

_KEY = "answer"
_ELICITS = types.ClientCapabilities(
    elicitation=types.ElicitationCapability(form=types.FormElicitationCapability())
)
_MOST_QUESTIONS = 20

_Context = ServerRequestContext[Any, Any]


def mcp_server(gateway: GatewayService, catalogue: ToolCatalogue, version: str) -> Server[Any]:
    """The MCP server; every request carries its principal in `request.state`."""

    async def list_tools(
        context: _Context, _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=await catalogue.tools(_principal(context)))

    async def call_tool(
        context: _Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        try:
            return await _Call(gateway, context, _principal(context)).made(params)
        except LiteAgentError as error:
            content = types.TextContent(type="text", text=f"{error.message} ({error.error_code})")
            return types.CallToolResult(content=[content], is_error=True)

    return Server("LiteAgent", version=version, on_list_tools=list_tools, on_call_tool=call_tool)


def _principal(context: _Context) -> Principal:
    request: Any = context.request
    return cast("Principal", request.state.principal)


class _Call:
    """One call of a tool."""

    def __init__(self, gateway: GatewayService, context: _Context, principal: Principal) -> None:
        self._gateway = gateway
        self._context = context
        self._principal = principal

    async def made(
        self, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        """The result, or the question that the client is to ask first."""
        turn = await self._begun(params)
        ending = await self._heard(turn)
        if ending.request is None or not self._context.session.check_client_capability(_ELICITS):
            return result_of(turn, ending)
        if not self._context.session.can_send_request:
            asked = types.ElicitRequest(params=_form(ending.request))
            return types.InputRequiredResult(input_requests={_KEY: asked}, request_state=turn.run_id)
        return await self._asked(turn, ending)

    async def _asked(self, turn: Turn, ending: Ending) -> types.CallToolResult:
        """Ask the client's person over the open session, until the run is done or they decline."""
        for _ in range(_MOST_QUESTIONS):
            if ending.request is None:
                break
            form = _form(ending.request)
            said = await self._context.session.elicit_form(
                form.message, form.requested_schema, self._context.request_id
            )
            if said.action != "accept":
                break
            turn = await self._answered(turn.run_id, (said.content or {}).get(_KEY), None)
            ending = await self._heard(turn)
        return result_of(turn, ending)

    async def _begun(self, params: types.CallToolRequestParams) -> Turn:
        given: Mapping[str, Any] = params.arguments or {}
        said = (params.input_responses or {}).get(_KEY)
        if params.request_state and isinstance(said, types.ElicitResult):
            if said.action != "accept":
                raise InvalidInputError(
                    f"Nobody has answered. Run {params.request_state} waits: call `{ANSWER_QUESTION}`."
                )
            return await self._answered(params.request_state, (said.content or {}).get(_KEY), None)
        if params.name == ANSWER_QUESTION:
            return await self._answered(_text(given, "run_id"), given.get("answer"), given.get("request_id"))
        if params.name.startswith(FLOW_TOOL):
            return await self._gateway.start(self._principal, params.name.removeprefix(FLOW_TOOL), given)
        ask = Ask(
            params.name,
            Talk(message=_text(given, "message")),
            conversation_id=given.get("conversation_id"),
            told={"model": params.name},
        )
        return await self._gateway.begin(self._principal, ask)

    async def _answered(self, run_id: str, answer: Any, request_id: str | None) -> Turn:
        extension = Extension(run_id=run_id, answer=answer, request_id=request_id)
        return await self._gateway.begin(self._principal, Ask("", Talk(), extension=extension))

    async def _heard(self, turn: Turn) -> Ending:
        async with aclosing(self._gateway.hear(self._principal, turn)) as heard:
            async for each in heard:
                if isinstance(each, Piece):
                    await self._context.session.report_progress(each.end, message=each.text)
                    continue
                if (failure := failure_of(each, turn)) is not None:
                    raise failure
                return each
        raise LiteAgentError("Nothing more is said in this run.")


def _form(request: Mapping[str, Any]) -> types.ElicitRequestFormParams:
    """A question as a form with one field."""
    field: dict[str, Any] = {"type": "string", "title": "Answer"}
    if options := [str(each) for each in request.get("options") or ()]:
        field["enum"] = options
    schema = {"type": "object", "properties": {_KEY: field}, "required": [_KEY]}
    return types.ElicitRequestFormParams(message=str(request.get("question", "")), requested_schema=schema)


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInputError(f"`{name}` is to be a text.", details={"param": name})
    return value
