"""What clients of other protocols reach, put together over an open platform."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from liteagent.app.wiring import Platform
from liteagent.features.gateway.catalogue import Catalogue
from liteagent.features.gateway.embeddings import EmbeddingModels
from liteagent.features.gateway.service import GatewayService

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

__all__ = ["Gateway", "assemble_gateway"]


@dataclass(frozen=True, slots=True)
class Gateway:
    """The services of the gateway slice."""

    catalogue: Catalogue
    embeddings: EmbeddingModels
    service: GatewayService
    platform: Platform

    def mcp_server(self) -> "Server[Any]":
        """The MCP server.

        Raises:
            ImportError: The SDK is not installed.
        """
        from liteagent.features.gateway.mcp_calls import mcp_server
        from liteagent.features.gateway.mcp_tools import ToolCatalogue

        catalogue = ToolCatalogue(self.platform.agents, self.platform.workflows)
        return mcp_server(self.service, catalogue, version("liteagent"))


def assemble_gateway(platform: Platform) -> Gateway:
    """Put the gateway slice together."""
    knowledge = platform.knowledge
    embeddings = EmbeddingModels(
        knowledge.datasources, platform.providers, knowledge.embedders, knowledge.default_embedding
    )
    return Gateway(
        Catalogue(platform.agents, platform.workflows, embeddings),
        embeddings,
        GatewayService(
            platform.agents, platform.workflows, platform.chat, platform.runs, platform.database.changes
        ),
        platform,
    )
