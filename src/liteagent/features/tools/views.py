"""Sources of tools as the API shows them."""

from collections.abc import Mapping, Sequence

from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.json import dump
from liteagent.features.tools.found import Found, FoundTool
from liteagent.features.tools.models import FoundToolRow, ToolSourceRow
from liteagent.features.tools.opening import OpenSources
from liteagent.features.tools.schemas import SourceView, ToolView

__all__ = ["source_view", "tool_view"]

_OF_THE_ROW = ("id", "name", "slug", "source_type", "url", "options", "allowed", "approvals", "refreshed_at")


def source_view(opener: OpenSources, row: ToolSourceRow, rows: Sequence[FoundToolRow]) -> SourceView:
    """A source with its tools; what its headers hold stays here."""
    return SourceView.model_validate(
        {
            **{name: getattr(row, name) for name in (*_OF_THE_ROW, "error", "created_at", "updated_at")},
            "headers": _masked(opener, row),
            "tools": [tool_view(each) for each in Found.of(row, rows).tools],
        }
    )


def tool_view(tool: FoundTool) -> ToolView:
    """A tool of a source, as its source describes it now."""
    found, accepted = tool.found, tool.row.accepted if tool.state == "changed" else None
    return ToolView.model_validate(
        {
            **dump(found),
            "name": tool.name,
            "tool": tool.row.name,
            "approval": tool.approval,
            "allowed": tool.allowed,
            "state": tool.state,
            "accepted": accepted
            and {name: accepted.get(name) for name in ("description", "parameters", "effect")},
        }
    )


def _masked(opener: OpenSources, row: ToolSourceRow) -> Mapping[str, str]:
    try:
        headers = opener.unseal(row)
    except ConfigurationError:
        return {}  # of another installation: the row is still shown, so that it can be mended
    return {name: f"…{value[-4:]}" if len(value) >= 12 else "…" for name, value in headers.items()}
