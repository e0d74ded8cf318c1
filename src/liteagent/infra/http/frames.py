"""What a stream sends, whatever carries it."""

from dataclasses import dataclass

from liteagent.contracts.json import JsonValue

__all__ = ["Frame"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a stream: a server-sent event, or a WebSocket message `{id, type, data}`.

    Attributes:
        id: What a client hands back as `Last-Event-ID` to go on after this frame; None if it cannot.
        type: Such as `run.started` or `message.delta`.
        data: Goes out as JSON.
    """

    id: str | None
    type: str
    data: JsonValue
