"""The platform's run machinery in this process, put together anew for each life of it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from liteagent.app import tables
from liteagent.app.knowledge import KnowledgeParts, Registries, assemble_knowledge
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLMConfig, LLMFactory, LLMRequest
from liteagent.contracts.messages import Role, ToolCall
from liteagent.contracts.registry import Registry
from liteagent.contracts.runs import Effect, Journal, NewRun, Rider, RunRecord
from liteagent.engine.runs.driver import Driver
from liteagent.engine.runs.protocol import EffectContext, EffectResult, Performer, Program, RunKind
from liteagent.features.agents.service import AgentService
from liteagent.features.agents.turns import AgentTurns
from liteagent.features.chat.service import ChatService
from liteagent.features.chat.tasks import CHAT, chat_kind
from liteagent.features.llm_providers.service import ProviderService
from liteagent.features.runs.inbox import InboxRiders
from liteagent.features.runs.service import RunService
from liteagent.features.runs.tasks import RunWorker
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.journal.ownership import FileOwnership
from liteagent.infra.journal.sqlite import SqliteJournal
from liteagent.infra.security.encryption import Encryption
from liteagent.infra.streams.memory import MemoryStreams
from liteagent.infra.system import SystemClock, new_id
from liteagent.providers.parsing.contained import ContainedParser
from liteagent.providers.vectorstore.memory import MemoryVectorStore
from liteagent.testing.fetch import ScriptedFetch
from liteagent.testing.scripted_llm import ScriptedLLM
from tests.faults.harness.model import answer_to

__all__ = ["Hands", "Life", "Performed", "scripted_model"]

_PRINCIPAL = Principal("01900000-0000-7000-8000-00000000feed")
_ENCRYPTION = Encryption([bytes(range(32))])


class Hands:
    """Whoever works at runs in a life: nobody, unless a worker is put in; then runs are left for the next."""

    worker: RunWorker | None = None

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def begin(self, run: NewRun, riders: Sequence[Rider] = ()) -> None:
        """Pass it on; without a worker it is only started."""
        if self.worker is not None:
            await self.worker.begin(run, riders)
        else:
            await self._journal.start(run, riders)

    def wake(self, run_id: str) -> None:
        """Pass it on."""
        if self.worker is not None:
            self.worker.wake(run_id)

    def interrupt(self, run_id: str) -> None:
        """Pass it on."""
        if self.worker is not None:
            self.worker.interrupt(run_id)


@dataclass(frozen=True)
class Performed:
    """One performing of an effect."""

    what: str
    key: str
    attempt: int


def scripted_model() -> ScriptedLLM:
    """Searches for the question's code word, then answers with a citation."""

    def search(request: LLMRequest) -> ToolCall:
        question = _question(request)
        token = next(word.strip("?") for word in question.split() if word.startswith("zq"))
        return ToolCall("call_1", "search_knowledge", f'{{"query": "{token}"}}')

    return ScriptedLLM([search, lambda request: answer_to(_question(request))], piece=20)


@dataclass
class Life:
    """One process's worth of platform over a database file; `owner` is its name in claims.

    Attributes:
        journal_of: Wraps the journal, to break it.
        performed: Every effect that was begun, in order; may be shared between lives.
    """

    path: Path
    owner: str = field(default_factory=new_id)
    database: SqliteDatabase = field(init=False)
    journal_of: Callable[[SqliteJournal], Journal] = lambda journal: journal
    performed: list[Performed] = field(default_factory=list[Performed])
    principal: Principal = _PRINCIPAL
    database_of: Callable[[Path], SqliteDatabase] = SqliteDatabase
    before_effect: Callable[[Performed], Awaitable[None]] | None = None

    def __post_init__(self) -> None:
        """Put the parts together."""
        clock, self.streams = SystemClock(), MemoryStreams()
        self.database = self.database_of(self.path)
        self.journal = self.journal_of(SqliteJournal(self.database, clock))
        self.hands = Hands(self.journal)
        kinds: dict[str, RunKind[Any]] = {}
        self.clock = clock
        self.driver = Driver(
            self.journal,
            kinds,
            owner_id=self.owner,
            clock=clock,
            streams=self.streams,
            riders=InboxRiders(new_id),
        )
        self.runs = RunService(
            self.database, self.journal, self.driver, self.streams, self.hands, clock, new_id
        )
        llms: Registry[LLMFactory] = Registry("liteagent.llm")
        llms.register("builtin")(_scripted)
        providers = ProviderService(self.database, llms, _ENCRYPTION, new_id)
        knowledge = assemble_knowledge(
            KnowledgeParts(
                database=self.database,
                runs=self.runs,
                providers=providers,
                encryption=_ENCRYPTION,
                clock=clock,
                new_id=new_id,
                fetch=ScriptedFetch([]),
                reader=ContainedParser(),
                store=MemoryVectorStore(),
                blobs=self.path.parent / "blobs",
            ),
            Registries.installed(),
        )
        self.datasources, self.search = knowledge.datasources, knowledge.search
        self.agents = AgentService(self.database, providers, new_id)
        self.chat = ChatService(self.database, self.agents, self.runs, new_id, kind=CHAT)
        chat = chat_kind(AgentTurns(providers, self.search), new_id)
        for kind in (knowledge.kind, chat):
            kinds[kind.name] = self._watched(kind)

    @asynccontextmanager
    async def working(self) -> AsyncGenerator[RunWorker]:
        """With the embedded product's worker, as the server has it."""
        ownership = FileOwnership(self.path.parent / "owners", self.owner)
        try:
            async with RunWorker(self.driver, self.journal, ownership, self.clock) as self.hands.worker:
                yield self.hands.worker
        finally:
            self.hands.worker = None
            await ownership.release()

    async def close(self) -> None:
        """The end of this life."""
        await self.database.close()

    async def create_tables(self) -> None:
        """On an empty file."""
        await self.database.write(lambda session: tables.metadata.create_all(session.connection()))

    def _watched(self, kind: RunKind[Any]) -> RunKind[Any]:
        def open_run(record: RunRecord, started: JsonObject) -> Program[Any]:
            program = kind.open(record, started)
            performers = {name: self._watching(each) for name, each in program.performers.items()}
            return replace(program, performers=performers)

        return RunKind(kind.name, open_run)

    def _watching(self, performer: Performer[Any]) -> Performer[Any]:
        async def perform(effect: Effect, state: Any, context: EffectContext) -> EffectResult:
            begun = Performed(_what(effect), context.key, context.attempt)
            self.performed.append(begun)
            if self.before_effect is not None:
                await self.before_effect(begun)
            return await performer(effect, state, context)

        return perform


def _scripted(config: LLMConfig) -> ScriptedLLM:
    del config
    return scripted_model()


def _what(effect: Effect) -> str:
    subject = effect.payload.get("name") or effect.payload.get("step") or ""
    return f"{effect.kind} {subject}".strip()


def _question(request: LLMRequest) -> str:
    return next(each.content for each in reversed(request.messages) if each.role is Role.USER)
