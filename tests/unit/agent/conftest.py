"""Fixtures of the agent's tests: passages, a retriever that finds them, and tools."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from liteagent.contracts.documents import DocumentRef, Passage
from liteagent.contracts.retrieval import RetrievalQuery, RetrievalResult
from liteagent.engine.agent.tools import Tool, tool


def make_passage(name: str, text: str = "") -> Passage:
    text = text or f"About {name}."
    document = DocumentRef(f"doc-{name}", f"{name}.md")
    return Passage(
        f"chunk-{name}", document, "ds", 7, 7 + len(text), text, 1.5, ("Guide", name), {"bm25": 1.5}
    )


@dataclass
class WrittenRetriever:
    """Finds, for each question, the passages of the names written for it."""

    found: Mapping[str, Sequence[str]]
    asked: list[RetrievalQuery] = field(default_factory=list[RetrievalQuery])

    async def retrieve(self, query: RetrievalQuery) -> RetrievalResult:
        self.asked.append(query)
        passages = tuple(make_passage(name) for name in self.found.get(query.text, ()))
        return RetrievalResult(passages, {"retriever": "written", "embedder": None})


@pytest.fixture
def passage() -> Callable[..., Passage]:
    """Makes a passage of a name."""
    return make_passage


@pytest.fixture
def retriever() -> Callable[..., WrittenRetriever]:
    """Makes a retriever from `{question: names of passages}`."""
    return WrittenRetriever


@pytest.fixture
def add() -> Tool:
    """Adds two numbers."""

    @tool(effect="safe")
    def add(a: int, b: int = 1) -> int:
        """Add two numbers.

        Args:
            a: The first.
            b: The second.
        """
        return a + b

    return add


@pytest.fixture
def broken() -> Tool:
    """Always fails."""

    @tool(effect="safe")
    def broken() -> None:
        """Never works."""
        raise RuntimeError("The disk is\nfull. " + "x" * 5000)

    return broken
