"""Shows a chunk that is a part of something wider as the wider range."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from liteagent.contracts.documents import Passage, Span
from liteagent.contracts.retrieval import Scope

__all__ = ["DocumentRange", "RangeSource", "expanded", "parent_of"]


@dataclass(frozen=True, slots=True)
class DocumentRange:
    """A range of a document's text, in code points."""

    document_id: str
    span: Span


class RangeSource(Protocol):
    """Knows the texts of documents."""

    async def ranges(self, wanted: Sequence[DocumentRange], scope: Scope) -> Mapping[DocumentRange, str]:
        """The text of each range; one that is unknown by now, or outside of `scope`, is left out."""
        ...


def parent_of(passage: Passage) -> DocumentRange | None:
    """The wider range that a passage is a part of, where there is one."""
    return None if passage.parent is None else DocumentRange(passage.document.id, passage.parent)


async def expanded(passages: Sequence[Passage], source: RangeSource, scope: Scope) -> list[Passage]:
    """The same passages, each with its parent's text and range where it has one that is known."""
    wanted = list(dict.fromkeys(parent for each in passages if (parent := parent_of(each)) is not None))
    texts = await source.ranges(wanted, scope)
    return [_widened(each, texts) for each in passages]


def _widened(passage: Passage, texts: Mapping[DocumentRange, str]) -> Passage:
    parent = parent_of(passage)
    text = None if parent is None else texts.get(parent)
    if parent is None or text is None:
        return passage
    return replace(passage, text=text, start=parent.span.start, end=parent.span.end)
