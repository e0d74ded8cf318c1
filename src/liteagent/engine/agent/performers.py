"""The performers of an agent's effects: the only part of it that calls anything outside."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from liteagent.contracts.errors import LiteAgentError, ProviderResponseError, ToolError
from liteagent.contracts.json import dump, load
from liteagent.contracts.llm import LLM, LLMResponse, ReasoningDelta, TextDelta
from liteagent.contracts.runs import Effect
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import ModelAnswer, ToolAnswer, ToolRequest
from liteagent.engine.agent.human import REQUEST_HUMAN_INPUT, request_human_input
from liteagent.engine.agent.requests import build_request
from liteagent.engine.agent.results import failure, result_text
from liteagent.engine.agent.state import AgentState
from liteagent.engine.agent.tools import Tool, ToolContext, ToolResult, tools_by_name
from liteagent.engine.agent.validation import parse_arguments
from liteagent.engine.runs.protocol import EffectContext, EffectResult

__all__ = ["ModelPerformer", "ToolPerformer"]

_log = logging.getLogger(__name__)


class ModelPerformer:
    """Performs `model`: sends what the state calls for to `llm`, hands out the text as it arrives."""

    def __init__(self, definition: AgentDefinition, llm: LLM) -> None:
        self._definition = definition
        self._llm = llm

    async def __call__(self, effect: Effect, state: AgentState, context: EffectContext) -> EffectResult:
        """Call the model; the payload is a `ModelAnswer`.

        Raises:
            ProviderError: The vendor's failure, with the text so far.
        """
        del effect  # all that the request needs is in the state
        heard: list[str] = []
        answer: ModelAnswer | None = None
        async for item in self._llm.stream(build_request(state, self._definition)):
            match item:
                case TextDelta(text):
                    heard.append(text)
                    context.emit(text)
                case ReasoningDelta():
                    pass  # the answer is what is handed out; the reasoning stands in the journal
                case LLMResponse():
                    answer = ModelAnswer(
                        item.message,
                        item.usage,
                        item.finish_reason,
                        item.model,
                        item.reasoning,
                        item.cost,
                    )
        if answer is None:
            raise ProviderResponseError(
                f"The model {self._llm.model!r} stopped without finishing its answer. Try again.",
                partial="".join(heard),
            )
        return EffectResult(dump(answer))


class ToolPerformer:
    """Performs `tool`: checks the model's arguments and calls one of the tools that `definition` offers.

    Whatever goes wrong is a ToolError in a few words, for the model to read.
    """

    def __init__(self, definition: AgentDefinition, tools: Iterable[Tool | Callable[..., Any]]) -> None:
        offered = {tool.name for tool in definition.tools}
        known = {REQUEST_HUMAN_INPUT: request_human_input, **tools_by_name(tools)}
        self._definition = definition
        self._tools: dict[str, Tool] = {name: tool for name, tool in known.items() if name in offered}

    async def __call__(self, effect: Effect, state: AgentState, context: EffectContext) -> EffectResult:
        """Call the tool; the payload is a `ToolAnswer`.

        Raises:
            ToolError: There is no such tool, the arguments do not fit, or it failed.
        """
        del state  # a tool knows its arguments only
        request = load(ToolRequest, effect.payload)
        called = ToolContext(
            context.run_id,
            context.workspace_id,
            context.key if context.run_id else "",
            request.call_id,
            context.attempt,
        )
        try:
            return EffectResult(dump(await self._call(request, called)))
        except Exception as error:
            if not isinstance(error, LiteAgentError):
                _log.warning("tool %s of run %s", request.name, context.run_id, exc_info=True)
            raise failure(error, self._definition.max_error_chars) from error

    async def _call(self, request: ToolRequest, context: ToolContext) -> ToolAnswer:
        tool = self._tools.get(request.name)
        if tool is None:
            known = ", ".join(sorted(self._tools)) or "none"
            raise ToolError(f"There is no tool {request.name!r}. Known: {known}.", code="unknown_tool")
        value = await tool.run(parse_arguments(request.arguments), context)
        result = value if isinstance(value, ToolResult) else ToolResult(value)
        text = "" if result.passages is not None else self._text(result.content)
        return ToolAnswer(request.call_id, text, result.passages, result.trace)

    def _text(self, content: object) -> str:
        return result_text(content, self._definition.max_result_chars)
