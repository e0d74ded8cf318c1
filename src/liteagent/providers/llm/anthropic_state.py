"""What a model of Anthropic wants to hear again of its own answer: signed thinking, where it stood.

Thinking is bound to the model and to everything that was said before it. It is sent back only where both are
as they were, since the API refuses thinking that stands in another conversation. Pure.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from liteagent.contracts.json import JsonObject
from liteagent.contracts.messages import Message, ToolCall
from liteagent.providers.llm.call_arguments import arguments_object
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["PROVIDER", "Block", "Head", "said_blocks", "state_of", "text_block", "wire_id"]

PROVIDER: Final = "anthropic"
"""The key in `Message.provider_state`."""
Block: TypeAlias = dict[str, Any]
"""A content block as it stands in a request."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]+")


class Head:
    """Everything that a request says up to some point, as a fingerprint that grows.

    Args:
        model: Who is asked.
        fixed: What stands before the messages: instructions and tools.
    """

    def __init__(self, model: str, fixed: object) -> None:
        self.model = model
        self._hash = hashlib.sha256(_bytes(fixed))

    def add(self, role: str, block: Block) -> None:
        """One more block of a message."""
        self._hash.update(_bytes([role, block]))

    @property
    def fingerprint(self) -> str:
        """The same for the same words only."""
        return self._hash.hexdigest()[:32]


def state_of(blocks: Sequence[Block], model: str, fingerprint: str) -> JsonObject | None:
    """What to keep of an answer; None where its text and its calls are all.

    Args:
        blocks: The answer, in its order.
        model: Who gave it.
        fingerprint: Of the request.
    """
    kept = [_kept(block) for block in blocks if isinstance(block.get("type"), str)]
    if all(block["type"] in ("text", "tool_use") for block in kept):
        return None
    return {PROVIDER: {"model": model, "head": fingerprint, "blocks": kept}}


def said_blocks(message: Message, head: Head) -> list[Block]:
    """A message of the assistant as blocks, with what was kept of it where it may be sent."""
    text = well_formed(message.content)
    calls = [_call(call) for call in message.tool_calls]
    kept = _kept_blocks(message.provider_state, head)
    lengths = sum(block["length"] for block in kept if block["type"] == "text")
    uses = sum(block["type"] == "tool_use" for block in kept)
    if kept and lengths == len(text) and uses == len(calls):
        return _filled(kept, text, calls)
    return [*([text_block(text)] if text.strip() else []), *calls]


def text_block(text: str) -> Block:
    """A text."""
    return {"type": "text", "text": text}


def wire_id(given: str) -> str:
    """The id of a call in characters that the API takes; the same for the same id."""
    if _ID.fullmatch(given):
        return given
    return "call_" + hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()[:24]


def _kept(block: Block) -> Block:
    if block["type"] == "text":
        return {"type": "text", "length": len(block["text"])}
    return {"type": "tool_use"} if block["type"] == "tool_use" else block


def _kept_blocks(state: JsonObject | None, head: Head) -> list[Block]:
    own = (state or {}).get(PROVIDER)
    if not isinstance(own, Mapping):
        return []
    fields = cast("JsonObject", own)
    if fields.get("model") != head.model or fields.get("head") != head.fingerprint:
        return []
    return [dict(block) for block in cast("list[Block]", fields.get("blocks") or [])]


def _filled(kept: Sequence[Block], text: str, calls: Sequence[Block]) -> list[Block]:
    blocks: list[Block] = []
    rest, left = text, list(calls)
    for block in kept:
        if block["type"] == "text":
            piece, rest = rest[: block["length"]], rest[block["length"] :]
            blocks += [text_block(piece)] if piece.strip() else []
        else:
            blocks.append(left.pop(0) if block["type"] == "tool_use" else block)
    silent = all("thinking" in block["type"] for block in blocks)
    return [] if silent else blocks


def _call(call: ToolCall) -> Block:
    given = arguments_object(call.arguments)
    return {"type": "tool_use", "id": wire_id(call.id), "name": call.name, "input": given}


def _bytes(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
