"""What a model is to answer: any text, or a value of a JSON Schema, asked for, parsed and checked."""

import re
from collections.abc import Iterator

import orjson

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.json_schema import JsonSchema
from liteagent.engine.workflow.operators import OperationError, bounded

__all__ = ["AnswerFormat", "UnfitError"]

_FENCED = re.compile(r"```[a-zA-Z]*[ \t]*\n(.*?)```", re.DOTALL)
_BRACED = re.compile(r"[\[{].*[\]}]", re.DOTALL)
_MAX_SIZE = 10_000_000


class UnfitError(Exception):
    """An answer cannot be used; the text says why, for the model to read."""


class AnswerFormat:
    """The form of an answer.

    Args:
        schema: JSON Schema of the value; None takes any text. Of type `string`, the answer's own text is the
            value; of any other, the text is parsed as JSON.
        field: Where the schema stands in the config, for errors.

    Raises:
        InvalidInputError: The schema cannot be checked; `details["field"]` says where.
    """

    def __init__(self, schema: JsonObject | None, field: str = "output") -> None:
        self._schema = None if schema is None else JsonSchema(schema, field)
        self.is_text = schema is None or schema.get("type") == "string"

    @property
    def schema(self) -> JsonObject:
        """JSON Schema of the value."""
        return {"type": "string"} if self._schema is None else self._schema.schema

    @property
    def instruction(self) -> str:
        """What to tell the model; empty where any text will do."""
        wanted = {key: value for key, value in self.schema.items() if key != "type"}
        if self.is_text and not wanted:
            return ""
        written = orjson.dumps(self.schema).decode()
        if self.is_text:
            return f"Answer with nothing but a text that fits this JSON Schema, without quotes: {written}"
        return f"Answer with nothing but JSON that fits this JSON Schema: {written}"

    def read(self, text: str) -> JsonValue:
        """The value that a model's answer holds.

        Raises:
            UnfitError: It holds none.
        """
        if not text.strip():
            raise UnfitError("The answer is empty.")
        if self._schema is None:
            return text
        value = self._unquoted(text, self._schema) if self.is_text else _parsed(text)
        if problem := self._schema.problem(value):
            raise UnfitError(f"The answer does not fit the JSON Schema. {problem}.")
        return value

    @staticmethod
    def _unquoted(text: str, schema: JsonSchema) -> str:
        """The text without what models like to put around it, where the schema asks for that."""
        plain = text.strip()
        bare = plain.strip("\"'`*. \n")
        return bare if schema.problem(plain) and not schema.problem(bare) else plain


def _parsed(text: str) -> JsonValue:
    """The JSON in a text: all of it, or what stands in a fence or in the outermost brackets."""
    reason = ""
    for candidate in _candidates(text):
        try:
            return bounded(orjson.loads(candidate), _MAX_SIZE, _MAX_SIZE)
        except (orjson.JSONDecodeError, OperationError) as error:
            reason = reason or str(error)
    raise UnfitError(f"The answer is not valid JSON: {reason}.")


def _candidates(text: str) -> Iterator[str]:
    yield text
    yield from _FENCED.findall(text)
    if found := _BRACED.search(text):
        yield found[0]
