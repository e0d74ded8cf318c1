"""The ids that clients know runs by: `chatcmpl-…` and `resp_…` hold the run's own."""

import re
from uuid import UUID

from liteagent.contracts.errors import NotFoundError

__all__ = ["born", "completion_id", "item_id", "response_id", "run_of_response"]

_RESPONSE = re.compile(r"resp_([0-9a-f]{32})(?:_([0-9]{1,9}))?")


def born(run_id: str) -> int:
    """When a run began, in seconds since the epoch: its id says so."""
    return int(_hex(run_id)[:12], 16) // 1000


def completion_id(run_id: str) -> str:
    """The id of a chat completion."""
    return f"chatcmpl-{_hex(run_id)}"


def response_id(run_id: str, after: int = 0) -> str:
    """The id of a response: the run, and the event after which the response begins if not at its start."""
    return f"resp_{_hex(run_id)}_{after}" if after else f"resp_{_hex(run_id)}"


def item_id(kind: str, run_id: str, place: int = 0) -> str:
    """The id of an item of a response's output, or of a call."""
    return f"{kind}_{_hex(run_id)}{place:02d}"


def run_of_response(response: str) -> tuple[str, int]:
    """The run of a response, and the event after which it begins.

    Raises:
        NotFoundError: It is no id of a response.
    """
    found = _RESPONSE.fullmatch(response)
    if found is None:
        raise NotFoundError(f"There is no response {response[:100]}.", code="response_not_found")
    return str(UUID(found[1])), int(found[2] or 0)


def _hex(run_id: str) -> str:
    return run_id.replace("-", "")
