"""Why a document cannot be turned into text, as a word for programs and a sentence for its owner."""

from typing import Literal, TypeAlias

from liteagent.contracts.datasource import RawDocument
from liteagent.contracts.errors import DocumentUnreadableError

__all__ = ["Cause", "too_large", "unreadable"]

Cause: TypeAlias = Literal[
    "bomb",
    "corrupt",
    "empty",
    "encrypted",
    "parse_crashed",
    "parse_memory",
    "parse_timeout",
    "too_large",
    "unsupported",
]
"""`details["cause"]` of the error."""


def unreadable(raw: RawDocument, cause: Cause, why: str) -> DocumentUnreadableError:
    """The error for a document, with its name in front of `why`."""
    return DocumentUnreadableError(f"{raw.name}: {why}", details={"name": raw.name, "cause": cause})


def too_large(raw: RawDocument, what: str, limit: int) -> DocumentUnreadableError:
    """The error for a document that has more than `limit` of `what`."""
    return unreadable(raw, "too_large", f"it has more than {limit:,} {what}; split it.")
