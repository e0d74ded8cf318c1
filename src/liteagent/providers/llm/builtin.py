"""The provider `builtin`: searches the documents and quotes them. It is no language model, and says so.

It needs no key, no network and no other package, so that LiteAgent answers from the first minute on. Where a
request offers a tool `search_knowledge`, it asks for passages; when they are there, it answers with the
sentences that fit the question best, each with the number of its passage. Usage is counted in words.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final, cast

from anyio.lowlevel import checkpoint

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.llm import (
    LLM,
    LLMConfig,
    LLMItem,
    LLMRequest,
    LLMResponse,
    ModelInfo,
    TextDelta,
    Usage,
)
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.extractive import Quote, SourceText, best_quotes
from liteagent.providers.llm.fingerprint import call_id
from liteagent.providers.llm.followup import is_about_the_model, search_text
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["MODEL", "SEARCH_TOOL", "BuiltinLLM", "create"]

MODEL: Final = "builtin-extractive"
"""The name of the one model."""
SEARCH_TOOL: Final = "search_knowledge"
"""The tool it calls: takes `{query}`, gives `{"passages": [{"n", "document", "text", "heading"?}]}`."""

_NOTE: Final = (
    "_From LiteAgent's built-in extractive model: sentences quoted from the documents, "
    "written by no language model._"
)
_INTRODUCTION: Final = (
    "I am LiteAgent's built-in extractive model. I am no language model: I can search the documents that "
    "this agent has and quote the sentences that fit a question, nothing else.\n\n"
    "Ask me about something that the documents cover. For answers written by a language model, add one as "
    "a provider: `POST /api/providers` with `provider_type` `openai_compatible`, its `base_url`, "
    "`model_name` and `api_key`."
)
_NOTHING: Final = "I found no answer to this in the documents: none of their passages fits the question."
_FAILED: Final = "The search in the documents did not work, so there is nothing to quote."
_LONGEST_QUERY: Final = 2000
_LONGEST_LEAD: Final = 80
_MOST_NAMES: Final = 3


def create(config: LLMConfig) -> LLM:
    """The built-in model; key, address, headers and timeout are not used.

    Raises:
        InvalidInputError: `config.model` names another model.
    """
    if config.model not in ("", MODEL):
        raise InvalidInputError(
            f"The provider 'builtin' has one model, {MODEL!r}, and not {config.model!r}. "
            "Use that name, or choose another provider."
        )
    return BuiltinLLM()


class BuiltinLLM:
    """The honest offline model. It keeps nothing between calls; the same request gives the same answer."""

    @property
    def model(self) -> str:
        """`builtin-extractive`."""
        return MODEL

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """Yield the answer word by word, then as a whole."""
        message = _reply(request)
        for word in re.findall(r"\s*\S+|\s+$", message.content):
            await checkpoint()
            yield TextDelta(word)
        said = message.content + "".join(call.arguments for call in message.tool_calls)
        heard = sum(len(heard.content.split()) for heard in request.messages)
        reason = "tool_calls" if message.tool_calls else "stop"
        yield LLMResponse(message, Usage(heard, len(said.split()), "words"), reason, MODEL)

    async def models(self) -> tuple[ModelInfo, ...]:
        """The one model."""
        return (ModelInfo(MODEL),)

    async def aclose(self) -> None:
        """Nothing to release."""


def _reply(request: LLMRequest) -> Message:
    asked = [at for at, message in enumerate(request.messages) if message.role is Role.USER]
    questions = [request.messages[at].content for at in asked]
    results = [
        message.content
        for message in request.messages[asked[-1] + 1 if asked else 0 :]
        if message.role is Role.TOOL
    ]
    if results:
        return _said(_from_results(questions, results))
    offered = any(tool.name == SEARCH_TOOL for tool in request.tools)
    if not questions or not offered or is_about_the_model(questions[-1]):
        return _said(_INTRODUCTION)
    query = well_formed(search_text(questions))[:_LONGEST_QUERY]
    arguments = json.dumps({"query": query}, ensure_ascii=False)
    call = ToolCall(call_id(request, arguments), SEARCH_TOOL, arguments)
    return Message(Role.ASSISTANT, "", tool_calls=(call,))


def _said(text: str) -> Message:
    return Message(Role.ASSISTANT, well_formed(f"{text}\n\n{_NOTE}"))


def _from_results(questions: Sequence[str], results: Sequence[str]) -> str:
    found = [passages for passages in map(_passages, results) if passages is not None]
    if not found:
        return _FAILED
    sources = [source for passages in found for source in passages]
    question = questions[-1] if questions else ""
    context = search_text(questions).removeprefix(question)
    return _written(best_quotes(question, sources, context)) or _nothing(sources)


def _passages(result: str) -> list[SourceText] | None:
    """The passages of a search's result; None if it is something else, such as an error."""
    try:
        data: object = json.loads(result)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    passages = cast("dict[str, object]", data).get("passages")
    if not isinstance(passages, list):
        return None
    return list(_sources(cast("list[object]", passages)))


def _sources(passages: Sequence[object]) -> Iterator[SourceText]:
    for passage in passages:
        fields = cast("dict[str, object]", passage) if isinstance(passage, dict) else {}
        number, text = fields.get("n"), fields.get("text")
        if isinstance(number, int) and isinstance(text, str):
            document, heading = fields.get("document", ""), fields.get("heading", "")
            yield SourceText(number, str(document), text, str(heading))


def _written(quotes: Sequence[Quote]) -> str:
    """Quotes as prose: one paragraph a source, broken where code stands."""
    paragraphs: list[list[str]] = []
    before = None
    for quote in quotes:
        if quote.number != before or (paragraphs and paragraphs[-1][-1].endswith("```")):
            paragraphs.append([])
        lead = f"`{_short(quote.lead)}`: " if quote.lead else ""
        code = f"\n\n```\n{quote.code}\n```" if quote.code else ""
        paragraphs[-1].append(f"{lead}{quote.text} [{quote.number}]{code}")
        before = quote.number
    return "\n\n".join(" ".join(parts) for parts in paragraphs)


def _short(lead: str) -> str:
    plain = lead.replace("`", "")
    name, bracket, _ = plain.partition("(")
    if len(plain) <= _LONGEST_LEAD:
        return plain
    return f"{name}(…)" if bracket else f"{plain[:_LONGEST_LEAD]}…"


def _nothing(sources: Sequence[SourceText]) -> str:
    names = list(dict.fromkeys(source.document for source in sources if source.document))[:_MOST_NAMES]
    if not names:
        return _NOTHING + " Try other words, or add documents."
    return f"{_NOTHING} Try other words. The nearest passages stand in: {', '.join(names)}."
