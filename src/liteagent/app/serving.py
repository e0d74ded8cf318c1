"""The product over HTTP: the web application of an open platform, and the server that runs it."""

import secrets
import socket
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import anyio
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text
from starlette.routing import Route

from liteagent.app.authentication import RememberingAuthenticator
from liteagent.app.gateway import Gateway, assemble_gateway
from liteagent.app.http import websocket
from liteagent.app.http.mcp import McpEndpoint
from liteagent.app.http.meta import Meta, PartDescription, ToolDescription
from liteagent.app.http.server import create_app
from liteagent.app.http.web import bundle_folder
from liteagent.app.node_types import node_types
from liteagent.app.seed import seed_if_empty
from liteagent.app.settings import Settings
from liteagent.app.source_types import source_types
from liteagent.app.wiring import Platform, open_platform
from liteagent.contracts.identity import Principal
from liteagent.contracts.tools import ToolDefinition
from liteagent.engine.agent.human import request_human_input
from liteagent.engine.agent.knowledge import search_definition
from liteagent.features.accounts import routes as accounts
from liteagent.features.accounts.service import AccountService
from liteagent.features.agents import routes as agents
from liteagent.features.agents.service import AgentService
from liteagent.features.budgets import routes as budgets
from liteagent.features.budgets.service import BudgetService
from liteagent.features.chat import routes as chat
from liteagent.features.chat.service import ChatService
from liteagent.features.gateway import routes as gateway_routes
from liteagent.features.gateway.catalogue import Catalogue
from liteagent.features.gateway.embeddings import EmbeddingModels
from liteagent.features.gateway.service import GatewayService
from liteagent.features.knowledge import routes as knowledge
from liteagent.features.knowledge.documents import DocumentService
from liteagent.features.knowledge.retrieving import KnowledgeSearch
from liteagent.features.knowledge.schemas import EmbeddingBody
from liteagent.features.knowledge.service import DataSourceService
from liteagent.features.llm_providers import routes as llm_providers
from liteagent.features.llm_providers.price_list import PriceService
from liteagent.features.llm_providers.schemas import ProviderBody
from liteagent.features.llm_providers.service import ProviderService
from liteagent.features.runs import routes as runs
from liteagent.features.runs.service import RunService
from liteagent.features.tools import routes as tools
from liteagent.features.tools.service import ToolService
from liteagent.features.triggers import routes as triggers
from liteagent.features.triggers.hooks import HookService
from liteagent.features.triggers.service import TriggerService
from liteagent.features.workflows import routes as workflows
from liteagent.features.workflows.service import WorkflowService

__all__ = ["Served", "serve", "web_app"]

_GRACE_SECONDS = 3
_LARGEST_FRAME = 10 * 1024 * 1024


class Served:
    """What whoever starts the server is told once it answers."""

    def __init__(self, url: str, setup_token: str | None, *, needs_setup: bool) -> None:
        self.url = url
        self.setup_token = setup_token
        self.needs_setup = needs_setup


_ROUTERS = (
    gateway_routes.router,  # routes are tried in order, and none is asked as often
    accounts.router,
    llm_providers.router,
    llm_providers.prices,
    budgets.router,
    agents.router,
    knowledge.router,
    tools.router,
    chat.router,
    chat.conversations,
    workflows.router,
    triggers.router,
    triggers.hooks,
    runs.router,
    runs.inbox,
    websocket.router,
)


def web_app(platform: Platform) -> FastAPI:
    """The ASGI application over an open platform."""

    async def database() -> None:
        await platform.database.read(lambda session: session.execute(text("SELECT 1")).scalar_one())

    gateway = assemble_gateway(platform)
    authenticator = RememberingAuthenticator(platform.accounts, platform.database.changes)
    app = create_app(
        services=_services(platform, gateway),
        authenticator=authenticator,
        routers=_ROUTERS,
        meta_facts=_meta(platform),
        checks={"database": database},
        cors_origins=platform.settings.cors_origins,
        interface=bundle_folder(),
    )
    app.state.mcp = McpEndpoint(gateway.mcp_server, authenticator)
    app.router.routes.insert(0, Route("/mcp", app.state.mcp, methods=list(McpEndpoint.methods)))
    return app


def _services(platform: Platform, gateway: Gateway) -> dict[type[Any], Any]:
    return {
        Catalogue: gateway.catalogue,
        EmbeddingModels: gateway.embeddings,
        GatewayService: gateway.service,
        AccountService: platform.accounts,
        ProviderService: platform.providers,
        PriceService: platform.providers.prices,
        BudgetService: platform.providers.budgets,
        RunService: platform.runs,
        DataSourceService: platform.knowledge.datasources,
        DocumentService: platform.knowledge.documents,
        KnowledgeSearch: platform.knowledge.search,
        ToolService: platform.tools,
        AgentService: platform.agents,
        ChatService: platform.chat,
        WorkflowService: platform.workflows,
        TriggerService: platform.triggers.service,
        HookService: platform.triggers.hooks,
    }


def _meta(platform: Platform) -> Meta:
    return Meta(
        version=version("liteagent"),
        edition={"mode": "embedded", "database": "sqlite"},
        provider_types=_provider_types(platform),
        source_types=source_types(platform.registries.sources),
        embedding_types=_embedding_types(platform),
        tools=lambda principal: _tools(platform, principal),
        node_types=node_types,
        has_users=platform.accounts.has_users,
    )


async def serve(settings: Settings, on_ready: Callable[[Served], None]) -> None:
    """Serve the installation until the process is told to stop; `on_ready` is called once it answers.

    Raises:
        ConfigurationError: The installation cannot be opened.
        OSError: The address is taken.
    """
    setup_token = None if settings.loopback else secrets.token_urlsafe(16)
    with _listen(settings) as listening:
        async with open_platform(settings, setup_token=setup_token) as platform:
            await seed_if_empty(platform)
            needs_setup = not await platform.accounts.has_users()
            served = Served(_url(listening), setup_token if needs_setup else None, needs_setup=needs_setup)
            await _run(web_app(platform), listening, lambda: on_ready(served))


async def _run(app: FastAPI, listening: socket.socket, on_ready: Callable[[], None]) -> None:
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        ws_max_size=_LARGEST_FRAME,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = uvicorn.Server(config)

    async def announce() -> None:
        while not server.started:  # noqa: ASYNC110  uvicorn offers no event to wait for
            await anyio.sleep(0.01)
        on_ready()

    async with anyio.create_task_group() as group:
        group.start_soon(announce)
        await server.serve(sockets=[listening])
        await app.state.mcp.aclose()
        group.cancel_scope.cancel()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.api_host, settings.api_port))
    except OSError:
        listening.close()
        raise
    return listening


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _provider_types(platform: Platform) -> list[PartDescription]:
    schema = ProviderBody.model_json_schema()
    known = {
        "builtin": "Quotes the best sentences of your documents; works offline; no language model.",
        "openai_compatible": "Any endpoint that speaks OpenAI's Chat Completions.",
    }
    return [
        PartDescription(name=name, description=known.get(name, ""), config_schema=schema)
        for name in platform.llms.names()
    ]


def _embedding_types(platform: Platform) -> list[PartDescription]:
    schema = EmbeddingBody.model_json_schema()
    return [
        PartDescription(name=name, config_schema=schema) for name in platform.registries.embedders.names()
    ]


async def _tools(platform: Platform, principal: Principal) -> list[ToolDescription]:
    own = (search_definition, request_human_input.definition)
    found = await platform.tools.definitions(principal)
    return [_tool_description(each) for each in (*own, *found)]


def _tool_description(tool: ToolDefinition) -> ToolDescription:
    return ToolDescription(
        name=tool.name,
        description=tool.description,
        config_schema=dict(tool.parameters),
        effect=tool.effect,
        approval=tool.approval,
        reads_with=dict(tool.reads_with),
        traits=list(tool.traits),
    )
