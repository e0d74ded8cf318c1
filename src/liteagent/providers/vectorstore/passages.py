"""Passages as the bytes that stores keep beside vectors."""

from collections.abc import Sequence
from dataclasses import replace

import orjson

from liteagent.contracts.documents import Passage
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import dump, load

__all__ = ["pack_passages", "unpack_passages", "unscored"]


def unscored(passage: Passage) -> Passage:
    """The passage as it is before anything has found it."""
    return replace(passage, score=0.0, explanation={}) if passage.score or passage.explanation else passage


def pack_passages(passages: Sequence[Passage] | None) -> bytes | None:
    """The bytes of passages, without scores.

    Raises:
        InvalidInputError: One holds what is no JSON, for instance half of a surrogate pair.
    """
    if passages is None:
        return None
    try:
        return orjson.dumps([dump(unscored(passage)) for passage in passages])
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"A passage cannot be kept: {error}. Clean its text.") from error


def unpack_passages(data: bytes) -> list[Passage]:
    """What `pack_passages` packed."""
    return [load(Passage, each) for each in orjson.loads(data)]
