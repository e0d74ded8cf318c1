"""Keeping secrets out of the log, by the name they are logged under and by what they look like."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, cast

__all__ = ["redact", "redact_text"]

_HIDDEN = "[redacted]"
_NAMES = re.compile(
    r"(^|[_-])(authorization|cookie|pass(word|wd|phrase)?|secret|token|credentials?|jwt"
    r"|(api|secret|private|signing|encryption|idempotency)[_-]?key)$",
    re.IGNORECASE,
)
_VALUES = re.compile(
    r"la_[0-9a-f]{12}_[A-Za-z0-9_-]+"  # our API keys
    r"|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # JWTs
    r"|\bsk-[A-Za-z0-9_-]{8,}"  # model vendors' keys
    r"|\bgAAAAA[A-Za-z0-9_=-]{20,}"  # Fernet
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"  # user:password of a URL
    r"|(?<=[Bb]earer )[^\s\"',;]+"
)
_DEEPEST = 8


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor that hides secrets anywhere in an event."""
    for key, value in event.items():
        event[key] = _HIDDEN if _NAMES.search(key) else _clean(value, 0)
    return event


def redact_text(text: str) -> str:
    """`text` without what looks like a secret."""
    return _VALUES.sub(_HIDDEN, text)


def _clean(value: object, depth: int) -> object:
    if isinstance(value, str):
        return redact_text(value)
    if depth > _DEEPEST:
        return _HIDDEN
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        return {key: _HIDDEN if _NAMES.search(str(key)) else _clean(each, depth + 1) for key, each in pairs}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(each, depth + 1) for each in cast("list[object]", value)]
    return value if isinstance(value, int | float | None) else redact_text(str(value))
