"""An agent that answers from documents and cites them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from liteagent.contracts.llm import LLM
from liteagent.contracts.retrieval import Retriever
from liteagent.engine.agent.knowledge import knowledge_tool
from liteagent.engine.agent.memory import Memory
from liteagent.engine.agent.prompts import Prompts
from liteagent.engine.agent.tools import Tool
from liteagent.engine.agent.twelve_factor_agent import TwelveFactorAgent

__all__ = ["RAGAgent"]


class RAGAgent(TwelveFactorAgent):
    """A `TwelveFactorAgent` with the tool `search_knowledge`.

    A marker `[n]` in the finished answer stands for the citation with `marker` n in `state.output.citations`,
    which has its place in the document's text.

    Args:
        llm: The model.
        retriever: Finds the passages.
        top_k: Passages of one search.
        datasource_ids: What may be searched; empty leaves it to the retriever.
        purpose, tools, prompts, memory, max_steps, name, temperature, max_output_tokens: As for every agent.
    """

    def __init__(
        self,
        llm: LLM,
        retriever: Retriever,
        *,
        top_k: int = 5,
        datasource_ids: Sequence[str] = (),
        purpose: str = "Answer questions from the documents.",
        tools: Iterable[Tool | Callable[..., Any]] = (),
        prompts: Prompts | None = None,
        memory: Memory | None = None,
        max_steps: int = 10,
        name: str = "Assistant",
        temperature: float | None = None,
        max_output_tokens: int | None = None,
    ) -> None:
        search = knowledge_tool(retriever, top_k=top_k, datasource_ids=datasource_ids)
        super().__init__(
            llm,
            purpose=purpose,
            tools=(search, *tools),
            prompts=prompts,
            memory=memory,
            max_steps=max_steps,
            name=name,
            temperature=temperature,
            max_output_tokens=max_output_tokens,
        )
