"""Finds the JSON in what a model wrote, whatever it wrote around it."""

import json
from typing import cast

from liteagent.contracts.json import JsonValue

__all__ = ["json_in"]

_LONGEST = 100_000


def json_in(text: str) -> JsonValue:
    """The first JSON object or array in `text`; None where there is none."""
    text = text[:_LONGEST]
    decoder = json.JSONDecoder()
    for place, character in enumerate(text):
        if character in "{[":
            try:
                return cast("JsonValue", decoder.raw_decode(text, place)[0])
            except (ValueError, RecursionError):
                continue
    return None
