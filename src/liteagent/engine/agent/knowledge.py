"""The tool with which an agent searches documents."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from liteagent.contracts.retrieval import RetrievalQuery, Retriever
from liteagent.engine.agent.tools import Tool, ToolResult, tool

__all__ = ["SEARCH_KNOWLEDGE", "knowledge_tool"]

SEARCH_KNOWLEDGE = "search_knowledge"


def knowledge_tool(retriever: Retriever, *, top_k: int = 5, datasource_ids: Sequence[str] = ()) -> Tool:
    """`search_knowledge(query)` over `retriever`; what it finds is numbered for citation.

    Args:
        retriever: Finds the passages.
        top_k: Passages of one search.
        datasource_ids: What may be searched; empty leaves it to the retriever.
    """

    @tool(effect="safe", name=SEARCH_KNOWLEDGE)
    async def search(query: Annotated[str, Field(min_length=1, max_length=2000)]) -> ToolResult:
        """Search the documents for passages that answer a question.

        Args:
            query: The words that the answer would use.
        """
        found = await retriever.retrieve(RetrievalQuery(query, top_k, tuple(datasource_ids)))
        return ToolResult(passages=found.passages, trace={"query": query, **found.trace})

    return search
