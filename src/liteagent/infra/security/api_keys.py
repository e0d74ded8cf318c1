"""API keys: `la_<12 hex digits>_<43 characters>`. The first part finds the row, the second proves the right.

A plain SHA-256 is enough at rest because the second part is 256 random bits, not something a person chose.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

__all__ = ["NewApiKey", "is_api_key", "matches", "new_api_key", "prefix_of"]

_FORMAT = re.compile(r"(la_[0-9a-f]{12})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key as it is shown once, and what is kept of it."""

    key: str = field(repr=False)
    prefix: str
    digest: str = field(repr=False)


def new_api_key() -> NewApiKey:
    """A fresh key."""
    prefix = f"la_{secrets.token_hex(6)}"
    key = f"{prefix}_{secrets.token_urlsafe(32)}"
    return NewApiKey(key, prefix, _digest(key))


def is_api_key(text: str) -> bool:
    """Whether a credential means to be an API key."""
    return text.startswith("la_")


def prefix_of(key: str) -> str | None:
    """The part that finds the row; None if the text is no key."""
    match = _FORMAT.fullmatch(key)
    return match.group(1) if match else None


def matches(key: str, digest: str) -> bool:
    """Whether `digest` was kept of `key`, in constant time."""
    return secrets.compare_digest(_digest(key), digest)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
