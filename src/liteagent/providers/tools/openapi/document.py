"""An OpenAPI document as plain data, wherever it comes from."""

from collections.abc import Mapping
from typing import Any, cast

import orjson
import yaml
from anyio import to_thread

from liteagent.contracts.errors import ToolError

__all__ = ["MOST_BYTES", "read_document", "unusable"]

MOST_BYTES = 5_000_000
_MOST_YAML = 1_500_000
"""YAML takes fifty times as long to read as JSON."""


async def read_document(data: bytes) -> Mapping[str, Any]:
    """The document that the bytes are as JSON or YAML.

    Raises:
        ToolError: They are neither, are too many, or no document of OpenAPI 3.
    """
    if len(data) > MOST_BYTES:
        raise unusable(f"it is longer than {MOST_BYTES:,} bytes")
    document = await to_thread.run_sync(_parsed, data)
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        raise unusable("it does not say `openapi: 3.…`; other versions have to be converted first")
    return document


def unusable(why: str) -> ToolError:
    """The error for a document that no tools can be made of."""
    return ToolError(f"The OpenAPI document cannot be used: {why}.", code="openapi_document")


def _parsed(data: bytes) -> Mapping[str, Any]:
    if data.lstrip()[:1] == b"{":
        try:
            return cast("Mapping[str, Any]", orjson.loads(data))
        except orjson.JSONDecodeError:
            pass  # a mapping in YAML's flow style begins like that too
    if len(data) > _MOST_YAML:
        raise unusable(f"as YAML it may have {_MOST_YAML:,} bytes; send it as JSON")
    try:
        document: object = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        raise unusable("it is neither JSON nor YAML") from None
    if not isinstance(document, Mapping):
        raise unusable("it is no object")
    return cast("Mapping[str, Any]", document)
