"""The tool with which an agent searches documents."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from liteagent.contracts.json import JsonObject
from liteagent.contracts.retrieval import RetrievalQuery, Retriever
from liteagent.engine.agent.tools import Tool, ToolContext, ToolResult, tool
from liteagent.engine.agent.types import ToolDefinition

__all__ = ["SEARCH_KNOWLEDGE", "knowledge_tool", "search_definition"]

SEARCH_KNOWLEDGE = "search_knowledge"


@tool(effect="safe", name=SEARCH_KNOWLEDGE)
async def _question(query: Annotated[str, Field(min_length=1, max_length=2000)]) -> str:
    """Search the documents for passages that answer a question.

    Args:
        query: The words that the answer would use.
    """
    return query


search_definition = replace(_question.definition, traits=("untrusted_input", "private_data"))
"""What a model is told of every search over documents."""


@dataclass(frozen=True, slots=True)
class _KnowledgeTool:
    """A search over one retriever."""

    retriever: Retriever
    top_k: int
    datasource_ids: tuple[str, ...]

    @property
    def definition(self) -> ToolDefinition:
        return search_definition

    async def run(self, arguments: JsonObject, context: ToolContext) -> ToolResult:
        query = str(await _question.run(arguments, context))
        found = await self.retriever.retrieve(RetrievalQuery(query, self.top_k, self.datasource_ids))
        return ToolResult(passages=found.passages, trace={"query": query, **found.trace})


def knowledge_tool(retriever: Retriever, *, top_k: int = 5, datasource_ids: Sequence[str] = ()) -> Tool:
    """`search_knowledge(query)` over `retriever`; what it finds is numbered for citation.

    Args:
        retriever: Finds the passages.
        top_k: Passages of one search.
        datasource_ids: What may be searched; empty leaves it to the retriever.
    """
    return _KnowledgeTool(retriever, top_k, tuple(datasource_ids))
