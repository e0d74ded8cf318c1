"""The performers of an agent's effects: the only part of it that calls anything outside."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import anyio

from liteagent.contracts.errors import LiteAgentError, ProviderError, ProviderResponseError, ToolError
from liteagent.contracts.json import dump, load
from liteagent.contracts.llm import LLM, LLMRequest, LLMResponse, ReasoningDelta, TextDelta
from liteagent.contracts.runs import Effect
from liteagent.engine.agent.budget import out_of_time, seconds_left
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import ModelAnswer, ToolAnswer, ToolRequest
from liteagent.engine.agent.human import REQUEST_HUMAN_INPUT, request_human_input
from liteagent.engine.agent.output_filter import OutputFilter, filtered
from liteagent.engine.agent.prefetch import PREFETCHED
from liteagent.engine.agent.requests import build_request
from liteagent.engine.agent.results import failure, result_text
from liteagent.engine.agent.screening import looked_at_passages, looked_at_text
from liteagent.engine.agent.state import AgentState
from liteagent.engine.agent.tools import Tool, ToolContext, ToolResult, tools_by_name
from liteagent.engine.agent.validation import parse_arguments
from liteagent.engine.runs.protocol import EffectContext, EffectResult

__all__ = ["ModelPerformer", "ToolPerformer", "unheard"]

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
        watch = OutputFilter(self._definition.guards)
        emit = unheard if _is_held(self._definition) else context.emit
        left = seconds_left(state, self._definition)
        with anyio.move_on_after(left):
            answer = await self._answer(build_request(state, self._definition), watch, emit)
            return EffectResult(dump(answer))
        raise out_of_time(self._definition.max_seconds or 0.0)

    async def _answer(
        self, request: LLMRequest, watch: OutputFilter, emit: Callable[[str], None]
    ) -> ModelAnswer:
        heard: list[str] = []
        answer: ModelAnswer | None = None

        def tell(text: str) -> None:
            if text:
                heard.append(text)
                emit(text)

        try:
            async for item in self._llm.stream(request):
                match item:
                    case TextDelta(text):
                        tell(watch.feed(text))
                    case ReasoningDelta():
                        pass  # the answer is what is handed out; the reasoning stands in the journal
                    case LLMResponse():
                        tell(watch.end())
                        answer = _checked(item, self._definition, watch)
        except ProviderError as error:
            error.partial, _ = filtered(error.partial, self._definition.guards)
            raise
        if answer is None:
            raise ProviderResponseError(
                f"The model {self._llm.model!r} stopped without finishing its answer. Try again.",
                partial="".join(heard),
            )
        return answer


def _checked(response: LLMResponse, definition: AgentDefinition, watch: OutputFilter) -> ModelAnswer:
    """The answer as it may be kept and told."""
    content, found = filtered(response.message.content, definition.guards)
    reasoning, _ = filtered(response.reasoning, definition.guards)
    message = response.message if not found else replace(response.message, content=content)
    return ModelAnswer(
        message,
        response.usage,
        response.finish_reason,
        response.model,
        reasoning,
        response.cost,
        tuple(dict.fromkeys((*watch.found, *found))),
        _is_held(definition),
    )


def _is_held(definition: AgentDefinition) -> bool:
    """Whether an answer is to be judged before anybody hears it: by guardrails, or against its schema."""
    return bool(definition.guards.hooks) or definition.output_schema is not None


def unheard(_text: str) -> None:
    """What live text goes to where nobody may hear it."""


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
        request = load(ToolRequest, effect.payload)
        called = ToolContext(
            context.run_id,
            context.workspace_id,
            context.key if context.run_id else "",
            request.call_id,
            context.attempt,
        )
        left = seconds_left(state, self._definition)
        try:
            with anyio.fail_after(left):
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
        canary = self._definition.guards.canary
        if canary and canary.lower() in request.arguments.lower():
            raise ToolError("The arguments hold what is confidential. The call was not made; do without it.")
        value = await tool.run(parse_arguments(request.arguments), context)
        result = value if isinstance(value, ToolResult) else ToolResult(value)
        if result.passages is not None:
            passages, flags = looked_at_passages(result.passages, self._definition.guards)
            return ToolAnswer(request.call_id, "", passages, result.trace, flags)
        text = result_text(result.content, self._definition.max_result_chars)
        source = "prefetch" if request.call_id.startswith(PREFETCHED) else "tool"
        text, flags = looked_at_text(text, source, request.name, self._definition.guards)
        return ToolAnswer(request.call_id, text, None, result.trace, flags)
