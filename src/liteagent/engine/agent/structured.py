"""An answer of a given shape: the JSON in a model's text, checked against the schema."""

import json
import re
from collections.abc import Iterator

from liteagent.contracts.json import JsonValue
from liteagent.contracts.json_schema import JsonSchema
from liteagent.contracts.llm import OutputSchema

__all__ = ["UnfitAnswerError", "answer_of"]

_FENCED = re.compile(r"```[a-zA-Z]*[ \t]*\n(.*?)```", re.DOTALL)


class UnfitAnswerError(Exception):
    """An answer does not fit; the text says why, for the model to read."""


def answer_of(text: str, wanted: OutputSchema) -> JsonValue:
    """The value that a model's answer holds: all of the text, or what stands in a code fence.

    Raises:
        UnfitAnswerError: It holds none that fits.
    """
    value = _parsed(text)
    if problem := JsonSchema(wanted.schema, "output_schema").problem(value):
        raise UnfitAnswerError(f"It does not fit the JSON Schema: {problem}.")
    return value


def _parsed(text: str) -> JsonValue:
    reason = ""
    for candidate in _candidates(text):
        try:
            return json.loads(candidate, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            reason = reason or str(error)
    raise UnfitAnswerError(f"It is not valid JSON: {reason}.")


def _candidates(text: str) -> Iterator[str]:
    yield text
    yield from _FENCED.findall(text)


def _no_constant(name: str) -> JsonValue:
    raise ValueError(f"{name} is not a JSON number")
