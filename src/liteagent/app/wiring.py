"""The one place where parts are put together: providers and infra go into sockets, slices into each other."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from liteagent.app.environment import environment_providers
from liteagent.app.knowledge import Knowledge, KnowledgeParts, Registries, assemble_knowledge
from liteagent.app.resources import resource_folder
from liteagent.app.sandboxes import open_sandbox
from liteagent.app.settings import Settings
from liteagent.app.tables import metadata
from liteagent.app.tools import assemble_tools
from liteagent.app.triggers import PlatformStarter, Triggers, assemble_triggers
from liteagent.contracts.datasource import DocumentReader
from liteagent.contracts.embedding import EmbedderConfig
from liteagent.contracts.errors import ConfigurationError, NotFoundError
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLMFactory
from liteagent.contracts.registry import Registry
from liteagent.contracts.runs import Journal
from liteagent.contracts.sandbox import Sandbox
from liteagent.contracts.vectors import VectorStore, VectorStoreFactory
from liteagent.engine.runs.driver import Driver
from liteagent.engine.runs.protocol import RunKind
from liteagent.engine.runs.tail import EventRiders
from liteagent.engine.workflow.extensions import workflow_hooks
from liteagent.engine.workflow.services import Services
from liteagent.features.accounts.service import AccountService
from liteagent.features.agents.service import AgentService
from liteagent.features.agents.turns import AgentTurns
from liteagent.features.chat.service import ChatService
from liteagent.features.chat.tasks import CHAT, chat_kind
from liteagent.features.knowledge.folders import OpenFolders
from liteagent.features.llm_providers.embedders import EmbeddingRef
from liteagent.features.llm_providers.service import ProviderService
from liteagent.features.runs.inbox import InboxRiders
from liteagent.features.runs.service import RunService
from liteagent.features.runs.tasks import RunWorker
from liteagent.features.tools.service import ToolService
from liteagent.features.triggers.telling import Listeners, TellingRiders
from liteagent.features.workflows.documents import Rules
from liteagent.features.workflows.pinning import Pinning
from liteagent.features.workflows.service import WorkflowService
from liteagent.features.workflows.sockets import Sockets
from liteagent.features.workflows.tasks import WORKFLOW, workflow_kind
from liteagent.infra.cache.memory import MemoryCache
from liteagent.infra.db.database import Database
from liteagent.infra.db.migrate import upgrade
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.fetch.allow_list import AllowList
from liteagent.infra.fetch.client import SafeFetch
from liteagent.infra.journal.ownership import FileOwnership
from liteagent.infra.journal.sqlite import SqliteJournal
from liteagent.infra.security.encryption import Encryption
from liteagent.infra.security.keyfile import load_keys
from liteagent.infra.security.passwords import Passwords
from liteagent.infra.security.tokens import Tokens
from liteagent.infra.streams.memory import MemoryStreams
from liteagent.infra.system import SystemClock, new_id
from liteagent.providers.llm.registry import llm_registry

__all__ = ["Platform", "open_platform"]


@dataclass(frozen=True, slots=True)
class Platform:
    """An open installation. `operator` is whoever has the data folder, in the default workspace."""

    settings: Settings
    operator: Principal
    database: Database
    journal: Journal
    llms: Registry[LLMFactory]
    registries: Registries
    accounts: AccountService
    providers: ProviderService
    runs: RunService
    knowledge: Knowledge
    tools: ToolService
    agents: AgentService
    chat: ChatService
    workflows: WorkflowService
    triggers: Triggers


@asynccontextmanager
async def open_platform(
    settings: Settings,
    *,
    work: bool = True,
    setup_token: str | None = None,
    passwords: Passwords | None = None,
) -> AsyncGenerator[Platform]:
    """Open the installation in the settings' data folder, making or upgrading it as needed.

    Args:
        settings: Where it is, and its secrets.
        work: Whether this process works at runs, and takes over those that dead processes left.
        setup_token: What the set-up of the first user must show, where others can reach the server.
        passwords: How passwords are hashed; tests pass cheaper costs.

    Raises:
        ConfigurationError: A key, the folder or the database is of no use; the message says what to do.
    """
    settings.liteagent_data.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with AsyncExitStack() as stack:
        database = SqliteDatabase(settings.database_path)
        stack.push_async_callback(database.close)
        await upgrade(database, resource_folder("migrations"), metadata)
        ownership = FileOwnership(settings.liteagent_data / "owners", new_id())
        stack.push_async_callback(ownership.release)
        outside = await _outside(settings, stack)
        platform, worker = await _assemble(
            settings, database, ownership, outside, setup_token, passwords or Passwords()
        )
        stack.push_async_callback(platform.providers.close)
        stack.push_async_callback(platform.knowledge.embedders.close)
        stack.push_async_callback(platform.tools.close)
        if work:
            await stack.enter_async_context(worker)
            await stack.enter_async_context(platform.knowledge.refresher)
            await stack.enter_async_context(platform.triggers.worker)
        yield platform


@dataclass(frozen=True, slots=True)
class _Outside:
    """What leads out of this process, or keeps the weight of others away from it."""

    fetch: Fetch
    reader: DocumentReader
    store: VectorStore
    registries: Registries
    sandbox: Sandbox | None


async def _outside(settings: Settings, stack: AsyncExitStack) -> _Outside:
    fetch = SafeFetch(AllowList.parse(settings.fetch_allow))
    stack.push_async_callback(fetch.aclose)
    readers: Registry[Callable[[], DocumentReader]] = Registry("liteagent.reader")
    reader = readers.get("contained")()
    stack.push_async_callback(reader.aclose)
    stores: Registry[VectorStoreFactory] = Registry("liteagent.vectorstore")
    store = stores.get("memory")({})
    stack.push_async_callback(store.aclose)
    return _Outside(fetch, reader, store, Registries.installed(), open_sandbox(settings, stack))


@dataclass(frozen=True, slots=True)
class _Running:
    """What runs need. `kinds` is filled by the slices that have one."""

    journal: SqliteJournal
    kinds: dict[str, RunKind[Any]]
    worker: RunWorker
    service: RunService
    listeners: Listeners


async def _assemble(
    settings: Settings,
    database: SqliteDatabase,
    ownership: FileOwnership,
    outside: _Outside,
    setup_token: str | None,
    passwords: Passwords,
) -> tuple[Platform, RunWorker]:
    encryption, accounts = _secured(settings, database, passwords, setup_token)
    running = _running(database, ownership)
    llms = _models()
    registries = outside.registries
    providers = _providers(settings, database, encryption, llms, registries)
    operator = Principal(await accounts.ensure_workspace())
    await providers.reconcile(operator)
    knowledge = _knowledge(settings, database, running, providers, encryption, outside)
    running.kinds[knowledge.kind.name] = knowledge.kind
    tools = assemble_tools(
        settings, database, encryption, outside.fetch, outside.sandbox, SystemClock(), new_id
    )
    agents = AgentService(database, providers, new_id, tools)
    turns = AgentTurns(providers, knowledge.search, tools)
    chat = _chat(database, running, agents, turns)
    sockets = Sockets(
        providers, turns, knowledge.search, knowledge.documents, outside.fetch, outside.sandbox, tools
    )
    workflows = _workflows(database, running, agents, knowledge, sockets)
    starter = PlatformStarter(workflows, agents, chat)
    triggers = assemble_triggers(
        database, running.listeners, starter, outside.fetch, encryption, SystemClock(), new_id
    )
    platform = Platform(
        settings=settings,
        operator=operator,
        database=database,
        journal=running.journal,
        llms=llms,
        registries=registries,
        accounts=accounts,
        providers=providers,
        runs=running.service,
        knowledge=knowledge,
        tools=tools,
        agents=agents,
        chat=chat,
        workflows=workflows,
        triggers=triggers,
    )
    return platform, running.worker


def _models() -> Registry[LLMFactory]:
    llms: Registry[LLMFactory] = Registry("liteagent.llm")
    for name, factory in llm_registry.own().items():
        llms.register(name)(factory)
    return llms


def _providers(
    settings: Settings,
    database: SqliteDatabase,
    encryption: Encryption,
    llms: Registry[LLMFactory],
    registries: Registries,
) -> ProviderService:
    clock = SystemClock()
    return ProviderService(
        database,
        llms,
        encryption,
        new_id,
        registries.embedders,
        registries.rerankers,
        clock=clock,
        cache=MemoryCache(clock),
        environment=environment_providers(settings),
        default_model=settings.default_model or "",
    )


def _running(database: SqliteDatabase, ownership: FileOwnership) -> _Running:
    clock, streams = SystemClock(), MemoryStreams()
    journal = SqliteJournal(database, clock)
    kinds: dict[str, RunKind[Any]] = {}
    listeners = Listeners(database)
    driver = Driver(
        journal,
        kinds,
        owner_id=ownership.owner_id,
        clock=clock,
        streams=streams,
        riders=_all_riders(InboxRiders(new_id), TellingRiders(listeners, new_id)),
    )
    worker = RunWorker(driver, journal, ownership, clock)
    service = RunService(database, journal, driver, streams, worker, clock, new_id)
    return _Running(journal, kinds, worker, service, listeners)


def _all_riders(*each: EventRiders) -> EventRiders:
    return lambda record, ledger, event: [rider for riders in each for rider in riders(record, ledger, event)]


def _chat(
    database: SqliteDatabase, running: _Running, agents: AgentService, turns: AgentTurns
) -> ChatService:
    running.kinds[CHAT] = chat_kind(turns, new_id)
    return ChatService(database, agents, running.service, new_id, kind=CHAT)


def _workflows(
    database: SqliteDatabase,
    running: _Running,
    agents: AgentService,
    knowledge: Knowledge,
    sockets: Sockets,
) -> WorkflowService:
    running.kinds[WORKFLOW] = workflow_kind(sockets.services, workflow_hooks)
    pinning = Pinning(
        database, agents, sockets.providers, knowledge.datasources, sockets.tools, sockets.catalog
    )
    rules = Rules(workflow_hooks.kind, workflow_hooks.services(Services()))
    return WorkflowService(database, running.service, pinning, rules, new_id, kind=WORKFLOW)


def _knowledge(
    settings: Settings,
    database: SqliteDatabase,
    running: _Running,
    providers: ProviderService,
    encryption: Encryption,
    outside: _Outside,
) -> Knowledge:
    parts = KnowledgeParts(
        database=database,
        runs=running.service,
        providers=providers,
        encryption=encryption,
        clock=SystemClock(),
        new_id=new_id,
        fetch=outside.fetch,
        reader=outside.reader,
        store=outside.store,
        blobs=settings.liteagent_data / "blobs",
        embedding_options={"local": _local_options(settings)},
        default_embedding=_default_embedding(settings, outside.registries),
        folders=OpenFolders(settings.file_source_roots),
    )
    return assemble_knowledge(parts, outside.registries)


def _local_options(settings: Settings) -> JsonObject:
    folder = settings.embed_model_dir
    return {} if folder is None else {"path": str(folder.expanduser().absolute())}


def _default_embedding(settings: Settings, registries: Registries) -> EmbeddingRef | None:
    local = EmbeddingRef("local")
    if settings.default_embedding != "auto":
        return local if settings.default_embedding == "local" else None
    try:
        registries.embedders.get("local")(EmbedderConfig(options=_local_options(settings)))
    except (ConfigurationError, NotFoundError):
        return None
    return local


def _secured(
    settings: Settings, database: Database, passwords: Passwords, setup_token: str | None
) -> tuple[Encryption, AccountService]:
    keys = load_keys(
        settings.liteagent_data,
        secret_key=_value(settings.secret_key),
        jwt_secret=_value(settings.jwt_secret),
    )
    tokens = Tokens(
        keys.signing,
        SystemClock(),
        access_seconds=settings.jwt_access_minutes * 60,
        refresh_seconds=settings.jwt_refresh_days * 86_400,
    )
    accounts = AccountService(database, passwords, tokens, SystemClock(), setup_token=setup_token)
    return Encryption(keys.encryption), accounts


def _value(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
