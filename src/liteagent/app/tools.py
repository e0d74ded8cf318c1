"""The tools of the installation, put together."""

from collections.abc import Mapping

from liteagent.app.settings import Settings
from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.json import JsonObject
from liteagent.contracts.registry import Registry
from liteagent.contracts.sandbox import Sandbox
from liteagent.contracts.tools import ToolFactory, ToolParts, ToolSourceFactory
from liteagent.features.tools.builtin import BuiltinTools
from liteagent.features.tools.catalog import ToolCatalog
from liteagent.features.tools.opening import OpenSources
from liteagent.features.tools.service import ToolService
from liteagent.infra.db.database import Database
from liteagent.infra.security.encryption import Encryption

__all__ = ["assemble_tools"]


def assemble_tools(
    settings: Settings,
    database: Database,
    encryption: Encryption,
    fetch: Fetch,
    sandbox: Sandbox | None,
    clock: Clock,
    new_id: IdSource,
) -> ToolService:
    """The service of tools, with every installed kind of source and of built-in tool."""
    sources: Registry[ToolSourceFactory] = Registry("liteagent.toolsource")
    tools: Registry[ToolFactory] = Registry("liteagent.tool")
    builtin = BuiltinTools(tools, ToolParts(fetch, clock, sandbox))
    opener = OpenSources(sources, fetch, encryption, {"mcp": _mcp(settings)})
    catalog = ToolCatalog(database, builtin, opener)
    return ToolService(database, catalog, opener, clock, new_id)


def _mcp(settings: Settings) -> JsonObject:
    servers: Mapping[str, JsonObject] = {
        name: server.model_dump() for name, server in settings.mcp_servers.items()
    }
    return {"servers": servers}
