"""`current_time`: the one thing that every model gets wrong."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import Field

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import ToolError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import ToolContext, ToolDefinition, ToolParts
from liteagent.providers.tools.arguments import Arguments, checked, schema

__all__ = ["CurrentTime", "create"]


class _Arguments(Arguments):
    time_zone: str = Field(
        default="UTC", max_length=64, description="IANA name, for instance Europe/Berlin; UTC where left out."
    )


_DEFINITION = ToolDefinition(
    "current_time",
    "The current date and time in a time zone. Use it for anything that depends on today or now.",
    schema(_Arguments),
    effect=Safety.SAFE,
)


@dataclass(frozen=True, slots=True)
class CurrentTime:
    """The tool."""

    clock: Clock
    definition: ToolDefinition = _DEFINITION

    async def run(self, arguments: JsonObject, context: ToolContext) -> object:
        """The time as ISO 8601, the day of the week, and seconds since the epoch.

        Raises:
            ToolError: There is no such time zone.
        """
        del context
        name = checked(_Arguments, arguments).time_zone
        now = datetime.fromtimestamp(self.clock.now(), UTC).astimezone(_zone(name))
        return {
            "time": now.isoformat(timespec="seconds"),
            "time_zone": name,
            "weekday": now.strftime("%A"),
            "unix": int(now.timestamp()),
        }


def create(parts: ToolParts) -> CurrentTime:
    """The tool, as the entry point `liteagent.tool` makes it."""
    return CurrentTime(parts.clock)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise _unknown(name) from None


def _unknown(name: str) -> ToolError:
    return ToolError(
        f"There is no time zone {name!r}. Use an IANA name such as Europe/Berlin, or UTC.",
        code="invalid_arguments",
    )
