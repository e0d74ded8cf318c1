"""What a run consumed, in OpenAI's two ways to say it."""

from collections.abc import Mapping
from typing import Any

__all__ = ["chat_usage", "response_usage"]


def chat_usage(usage: Mapping[str, Any] | None) -> dict[str, Any]:
    """Chat Completions' `usage`; zeros where nothing was counted."""
    read, written = _count(usage, "input"), _count(usage, "output")
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": _count(usage, "cached")},
        "completion_tokens_details": {"reasoning_tokens": _count(usage, "reasoning")},
    }


def response_usage(usage: Mapping[str, Any] | None) -> dict[str, Any]:
    """Responses' `usage`; zeros where nothing was counted."""
    read, written = _count(usage, "input"), _count(usage, "output")
    return {
        "input_tokens": read,
        "input_tokens_details": {
            "cached_tokens": _count(usage, "cached"),
            "cache_write_tokens": _count(usage, "cache_write"),
        },
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": _count(usage, "reasoning")},
        "total_tokens": read + written,
    }


def _count(usage: Mapping[str, Any] | None, name: str) -> int:
    found: object = None if usage is None else usage.get(name)
    return found if isinstance(found, int) else 0
