"""Passages as a model reads them: numbered for citation, and marked as somebody else's words."""

import json
from collections.abc import Sequence

from liteagent.contracts.documents import Passage

__all__ = ["numbered", "passages_text"]


def numbered(known: tuple[Passage, ...], found: Sequence[Passage]) -> tuple[Passage, ...]:
    """`known` with what is new of `found` behind it; a chunk keeps the number that it has."""
    keys = {_key(passage) for passage in known}
    fresh: list[Passage] = []
    for passage in found:
        if _key(passage) not in keys:
            keys.add(_key(passage))
            fresh.append(passage)
    return (*known, *fresh)


def passages_text(found: Sequence[Passage], known: Sequence[Passage], note: str) -> str:
    """The result of a search: `{"note", "passages": [{"n", "document", "heading"?, "text"}]}`.

    JSON keeps what a document says inside its quotes, whatever it says.
    """
    numbers = {_key(passage): number for number, passage in enumerate(known, start=1)}
    unique = {_key(passage): passage for passage in found}
    told = [_told(numbers[key], passage) for key, passage in unique.items()]
    head = {"note": note} if note else {}
    return json.dumps({**head, "passages": told}, ensure_ascii=False)


def _told(number: int, passage: Passage) -> dict[str, object]:
    heading = {"heading": " > ".join(passage.heading)} if passage.heading else {}
    return {"n": number, "document": passage.document.name, **heading, "text": passage.text}


def _key(passage: Passage) -> tuple[str, str]:
    return passage.datasource_id, passage.chunk_id
