"""The arguments of an earlier call, as they can be sent back: pure.

Several servers parse them and refuse the whole conversation for one that a model once wrote badly, so a bad
one travels as a string inside an object.
"""

import json
from typing import cast

from liteagent.contracts.json import JsonObject
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["arguments_object", "arguments_text"]


def arguments_object(written: str) -> JsonObject:
    """For protocols that send them as an object."""
    text = well_formed(written)
    found = _read(text)
    return {"unreadable": text} if found is None else found


def arguments_text(written: str) -> str:
    """For protocols that send them as JSON text."""
    text = well_formed(written)
    return json.dumps({"unreadable": text}) if _read(text) is None else text


def _read(text: str) -> JsonObject | None:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return cast("JsonObject", found) if isinstance(found, dict) else None
