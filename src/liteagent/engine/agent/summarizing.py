"""The performer of `summary`: what no longer fits of a conversation, in a few words."""

import inspect

from liteagent.contracts.errors import LiteAgentError, ProviderResponseError, ToolError
from liteagent.contracts.json import dump
from liteagent.contracts.llm import LLM, LLMRequest, complete
from liteagent.contracts.messages import Message, Role
from liteagent.contracts.runs import Effect
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import SummaryMade
from liteagent.engine.agent.memory import Summarizer, SummaryMemory, within
from liteagent.engine.agent.output_filter import filtered
from liteagent.engine.agent.state import AgentState
from liteagent.engine.runs.protocol import EffectContext, EffectResult

__all__ = ["SummaryPerformer"]

_LONGEST = 8000
_WORDS_OF_ONE = 1024


class SummaryPerformer:
    """Performs `summary`: asks the memory's own summarizer, or the agent's model, without tools."""

    def __init__(self, definition: AgentDefinition, llm: LLM) -> None:
        self._definition = definition
        self._llm = llm

    async def __call__(self, effect: Effect, state: AgentState, context: EffectContext) -> EffectResult:
        """Summarize; the payload is a `SummaryMade`.

        Raises:
            LiteAgentError: The model or the summarizer failed.
        """
        del context  # nobody watches a summary being written
        covered = int(str(effect.payload["covered"]))
        before = (Message(Role.SYSTEM, state.summary),) if state.summary else ()
        messages = (*before, *state.messages[:covered])
        memory = self._definition.memory
        own = memory.summarizer if isinstance(memory, SummaryMemory) else None
        made = await (self._asked(messages) if own is None else _called(own, messages))
        text, _ = filtered(made.text.strip()[:_LONGEST], self._definition.guards)
        if not text:
            raise ProviderResponseError("The summary of the conversation came out empty.")
        return EffectResult(dump(SummaryMade(text, covered, made.usage, made.cost)))

    async def _asked(self, messages: tuple[Message, ...]) -> SummaryMade:
        said = "\n\n".join(f"{_speaker(each)}: {each.content}" for each in self._fitting(messages))
        ask = Message(Role.SYSTEM, self._definition.prompts.summarize)
        request = LLMRequest((ask, Message(Role.USER, said)), max_output_tokens=_WORDS_OF_ONE)
        answer = await complete(self._llm, request)
        return SummaryMade(answer.message.content, 0, answer.usage, answer.cost)

    def _fitting(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        window = self._definition.context_window
        return messages if window is None else within(messages, window * 3 // 4)


async def _called(summarizer: Summarizer, messages: tuple[Message, ...]) -> SummaryMade:
    try:
        text = summarizer(messages)
        return SummaryMade(await text if inspect.isawaitable(text) else text, 0)
    except LiteAgentError:
        raise
    except Exception as error:
        raise ToolError(f"The summarizer failed: {type(error).__name__}: {str(error)[:300]}") from error


def _speaker(message: Message) -> str:
    return "Summary so far" if message.role is Role.SYSTEM else message.role.value.capitalize()
