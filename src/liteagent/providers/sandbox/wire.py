"""What the platform and a sandbox service say to each other, over whatever connection."""

import json
from collections.abc import Mapping
from typing import Any, cast

import httpx2

from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.sandbox import SandboxRequest, SandboxResult

__all__ = ["ROUTE", "as_body", "as_result", "patience"]

ROUTE = "/v1/sandbox/run"
_CONNECT, _QUEUED, _USUAL = 5.0, 60.0, 60.0
_WRONG_KEY = 401
_TEXTS = ("stdout", "stderr", "error")


def as_body(request: SandboxRequest) -> bytes:
    """The request as it is sent."""
    body = {
        "language": request.language,
        "code": request.code,
        "inputs": request.inputs,
        "enable_network": request.enable_network,
        "limits": dict(request.limits) or None,
    }
    # The standard writer: a faster one refuses whole numbers beyond 64 bits.
    return json.dumps(body, separators=(",", ":"), default=dict).encode()


def patience(request: SandboxRequest) -> httpx2.Timeout:
    """How long the answer may take: the run's own limit, and as long in a queue as anyone waits."""
    return httpx2.Timeout(_CONNECT, read=float(request.limits.get("wall", _USUAL)) + _QUEUED)


def as_result(status: int, content: bytes, where: str) -> SandboxResult:
    """What an answer says.

    Raises:
        ConfigurationError: The key is wrong, or nobody there is a sandbox.
    """
    if status == _WRONG_KEY:
        raise ConfigurationError(
            f"The sandbox at {where} refuses the key. Set SANDBOX_API_KEY to the one it was started with."
        )
    answer = _object(content)
    data = _object_in(answer, "data")
    if data is not None:
        return _run(data)
    message = str((answer or {}).get("message") or "")[:2000]
    if answer is None or "code" not in answer:
        raise ConfigurationError(
            f"What answers at {where} is no sandbox (HTTP {status}). Set SANDBOX_ENDPOINT to one's address."
        )
    kind = "bad_request" if 400 <= status < 500 else "unavailable"
    return SandboxResult(error=message or f"HTTP {status}", error_kind=kind)


def _run(data: Mapping[str, Any]) -> SandboxResult:
    texts = {name: str(data.get(name) or "") for name in _TEXTS}
    kind = data.get("error_kind")
    if kind is None and data.get("exit_code"):
        kind = "runtime_error"
    took = data.get("duration_ms")
    return SandboxResult(
        result=data.get("result"),
        error_kind=None if kind is None else str(kind),
        duration_ms=float(took) if isinstance(took, int | float) else 0.0,
        **texts,
    )


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        answer: object = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else None


def _object_in(answer: dict[str, Any] | None, name: str) -> dict[str, Any] | None:
    found = (answer or {}).get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None
