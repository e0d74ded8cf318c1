"""What models can do, looked up by name in a table; data, not code."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any, Final, cast, get_args

from liteagent.contracts.errors import ProviderRequestError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLMRequest, ModelProfile, ReasoningEffort

__all__ = ["PROFILE_SCHEMA", "ProfileTable", "nearest_effort", "overridden", "require"]

_SCALE: Final[tuple[ReasoningEffort, ...]] = get_args(ReasoningEffort)
_FLAG: Final = {"type": "boolean"}
_TOKENS: Final = {"type": ["integer", "null"], "minimum": 1}

PROFILE_SCHEMA: Final[JsonObject] = {
    "type": "object",
    "description": "What is known better of this model than the table says.",
    "additionalProperties": False,
    "properties": {
        "tools": {**_FLAG, "description": "Whether it can call tools."},
        "parallel_tools": {**_FLAG, "description": "Whether one answer can hold several calls."},
        "structured": {
            "type": "string",
            "enum": ["schema", "json", "none"],
            "description": "How JSON of a shape is had: enforced, as any JSON, or in words.",
        },
        "images": {**_FLAG, "description": "Whether it can see."},
        "reasoning": {**_FLAG, "description": "Whether it thinks before it answers."},
        "sampling": {**_FLAG, "description": "Whether temperature and top_p are taken."},
        "system_role": {
            "type": "string",
            "enum": ["system", "developer", "user"],
            "description": "How instructions are sent.",
        },
        "limit_name": {"type": "string", "description": "What the limit of the answer's tokens is called."},
        "context_window": {**_TOKENS, "description": "Tokens."},
        "max_output": {**_TOKENS, "description": "Tokens."},
        "efforts": {
            "type": "array",
            "items": {"type": "string", "enum": list(_SCALE)},
            "description": "How long it can be told to think; empty: send what is asked for.",
        },
    },
}
"""The JSON Schema of the option `profile`."""


class ProfileTable:
    """A TOML file with tables `[[profile]]`: `models` are patterns of names (`*`, `?`, `[1-9]`), the rest is
    fields of `ModelProfile`. Every table that fits a name counts, later ones over earlier ones. A name is
    tried as it is and without what stands before its last slash, and in lower case. The file may hold tables
    of other kinds.

    Args:
        package: Where the file is.
        name: The file's.
    """

    def __init__(self, package: str, name: str) -> None:
        text = files(package).joinpath(name).read_text(encoding="utf-8")
        self._tables = cast("dict[str, list[dict[str, Any]]]", tomllib.loads(text))

    def __call__(self, model: str) -> ModelProfile:
        """The profile of `model`."""
        return overridden(ModelProfile(), self.fields(model, "profile"))

    def fields(self, model: str, kind: str) -> dict[str, Any]:
        """What the tables of one kind say of `model`."""
        known: dict[str, Any] = {}
        for table in self._tables[kind]:
            if _fits(model, table["models"]):
                known |= {name: table[name] for name in table if name != "models"}
        return known


def overridden(profile: ModelProfile, fields: Mapping[str, Any]) -> ModelProfile:
    """`profile` with some fields set; they fit `PROFILE_SCHEMA`."""
    efforts = {"efforts": tuple(fields["efforts"])} if "efforts" in fields else {}
    return replace(profile, **{**fields, **efforts})


def nearest_effort(wanted: ReasoningEffort, known: tuple[ReasoningEffort, ...]) -> ReasoningEffort:
    """Of the efforts that a model knows, the one nearest to `wanted`, the smaller of two; `wanted` if none
    is known.
    """
    at = _SCALE.index
    return min(known or (wanted,), key=lambda each: (abs(at(each) - at(wanted)), at(each)))


def require(request: LLMRequest, profile: ModelProfile, model: str) -> None:
    """Check that a model can do what a request needs.

    Raises:
        ProviderRequestError: It cannot, and nothing is worth being sent.
    """
    lacking = [
        what
        for what, wanted, able in (
            ("see images", any(message.images for message in request.messages), profile.images),
            ("call tools", bool(request.tools), profile.tools),
        )
        if wanted and not able
    ]
    if lacking:
        raise ProviderRequestError(
            f"The model {model!r} is not known to {lacking[0]}. Choose another, or set the provider's option "
            "`profile` if it can."
        )


def _fits(model: str, patterns: list[str]) -> bool:
    whole = model.lower()
    names = (whole, whole.rpartition("/")[2])
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)
