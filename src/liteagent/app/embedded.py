"""LiteAgent in your own process: the whole platform without a server.

async with LiteAgent(data="./data") as lite:
    await lite.index("handbook/")
    answer = await lite.ask("How do I roll back a release?", docs=["handbook/"])
    print(answer.text, answer.citations)
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from liteagent.app.flows import FlowRun, read_flow, run_flow, take_up, to_sent
from liteagent.app.seed import seed
from liteagent.app.settings import load_settings
from liteagent.app.wiring import Platform, open_platform
from liteagent.contracts.documents import Citation
from liteagent.contracts.errors import InvalidInputError, LiteAgentError, NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import RunStatus
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.features.agents.schemas import AgentBody, AgentPatch, AgentView
from liteagent.features.chat.schemas import ChatBody
from liteagent.features.chat.service import AcceptedTurn
from liteagent.features.knowledge.schemas import DataSourceBody, DataSourcePatch, DataSourceView
from liteagent.features.runs.following import Cursor
from liteagent.infra.http.frames import Frame

__all__ = ["Answer", "FlowRun", "IndexReport", "LiteAgent", "Progress"]

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an indexing run is: documents handled of those listed (None until they are listed)."""

    done: int
    total: int | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What an indexing run did, in bytes and code points; `errors` are the first unreadable documents."""

    datasource: DataSourceView
    documents: int
    unchanged: int
    failed: int
    removed: int
    chunks: int
    characters: int
    bytes: int
    errors: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An agent's answer. In status WAITING_HUMAN `text` is what it asks; answer with `LiteAgent.reply`."""

    text: str
    citations: tuple[Citation, ...]
    status: RunStatus
    run_id: str
    conversation_id: str
    usage: dict[str, Any] | None


class LiteAgent:
    """The embedded platform, an async context manager.

    Args:
        data: Folder of the database, documents and key file; the setting LITEAGENT_DATA by default.
        settings: Single settings by name, over the environment.

    Raises:
        ConfigurationError: A setting is of no use.
    """

    def __init__(self, data: str | Path | None = None, **settings: Any) -> None:
        self._settings = load_settings(None if data is None else Path(data), **settings)
        self._stack = AsyncExitStack()
        self._platform: Platform | None = None

    async def __aenter__(self) -> Self:
        """Open the database and take up what was left undone."""
        self._platform = await self._stack.enter_async_context(open_platform(self._settings))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything; runs under way go on at the next opening."""
        self._platform = None
        await self._stack.__aexit__(kind, error, trace)

    @property
    def platform(self) -> Platform:
        """The services, for what this class has no short form of."""
        if self._platform is None:
            raise RuntimeError("use `async with LiteAgent(...) as lite:`")
        return self._platform

    @property
    def principal(self) -> Principal:
        """The operator, in the default workspace."""
        return self.platform.operator

    async def index(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> IndexReport:
        """Index a file, a folder or a web page; what has not changed since the last time costs nothing.

        Raises:
            InvalidInputError: There is no such path.
            LiteAgentError: Indexing failed as a whole; single unreadable documents are in the report.
        """
        datasource = await self._datasource(_Location.of(path), name)
        source = await self.platform.knowledge.datasources.index(self.principal, datasource.id)
        return await self.finish_indexing(source, on_progress)

    async def finish_indexing(
        self, source: DataSourceView, on_progress: Callable[[Progress], None] | None = None
    ) -> IndexReport:
        """Wait for the indexing run of a data source.

        Raises:
            LiteAgentError: Indexing failed as a whole.
        """
        assert source.run_id is not None
        done, total = 0, None
        async for frame in await self.platform.runs.follow(self.principal, source.run_id, Cursor()):
            total = _listed(frame) if frame.type == "source.completed" else total
            done += _handled(frame)
            if on_progress:
                on_progress(Progress(done, total, _document_name(frame)))
        run = await self.platform.runs.get(self.principal, source.run_id)
        if run.status is not RunStatus.COMPLETED:
            raise LiteAgentError.from_json(run.error or {"message": f"Indexing ended as {run.status}."})
        return _report(
            await self.platform.knowledge.datasources.get(self.principal, source.id), run.outputs or {}
        )

    async def ask(
        self,
        question: str,
        *,
        docs: Sequence[str | Path] = (),
        agent: str | None = None,
        conversation_id: str | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """Ask an agent; with `docs`, one that knows these files and folders, which are indexed first.

        Without `agent` and `docs` the sample agent over LiteAgent's own documentation answers.

        Raises:
            NotFoundError: There is no such agent.
            LiteAgentError: The turn failed.
        """
        chosen = await self.agent_for(docs, agent)
        body = ChatBody(agent_id=chosen.id, message=question, conversation_id=conversation_id)
        turn = await self.platform.chat.send(self.principal, body)
        return await self.hear(turn, on_text)

    async def reply(self, answer: Answer, text: str, on_text: Callable[[str], None] | None = None) -> Answer:
        """Answer what an agent asked, and hear how it goes on.

        Raises:
            ConflictError: It is not waiting.
        """
        seen = (await self.platform.runs.get(self.principal, answer.run_id)).seq
        await self.platform.runs.answer(self.principal, answer.run_id, text)
        return await self.hear(AcceptedTurn(answer.conversation_id, answer.run_id), on_text, Cursor(seen))

    async def hear(
        self, turn: AcceptedTurn, on_text: Callable[[str], None] | None = None, cursor: Cursor | None = None
    ) -> Answer:
        """Follow a turn to its end; `on_text` gets the text as it comes.

        Raises:
            LiteAgentError: The turn failed.
        """
        frames = await self.platform.chat.stream(self.principal, turn, cursor or Cursor())
        async for text in _texts(frames):
            if on_text:
                on_text(text)
        reply = await self.platform.chat.reply(turn)
        return Answer(
            reply.message.content,
            tuple(reply.message.citations),
            reply.status,
            reply.run_id,
            reply.conversation_id,
            reply.usage,
        )

    async def run(self, flow: str | Path | WorkflowDefinition, inputs: JsonObject | None = None) -> FlowRun:
        """Run a flow file, or a flow that was built, until it ends or asks a person; only the run is kept.

        Raises:
            InvalidInputError: The flow has errors, or the inputs are not what it takes.
        """
        sent = to_sent(flow) if isinstance(flow, WorkflowDefinition) else read_flow(Path(flow))
        return await self.resume(await run_flow(self.platform, sent, inputs or {}))

    async def resume(self, run_id: str, answer: JsonValue = None) -> FlowRun:
        """Go on with a flow's run, with the answer that it waits for, if there is one.

        Raises:
            NotFoundError: There is no such run.
            ConflictError: It does not wait for an answer.
        """
        return await take_up(self.platform, run_id, answer)

    async def agent_for(self, docs: Sequence[str | Path] = (), agent: str | None = None) -> AgentView:
        """The agent called `agent`, or one that knows `docs`, or the sample agent.

        A path that was never indexed is indexed now; one that was is taken as its index has it.

        Raises:
            NotFoundError: There is no such agent.
            InvalidInputError: Both were given, or there is no such path.
        """
        if docs and agent:
            raise InvalidInputError(
                "Name an agent or documents, not both: an agent has its own data sources."
            )
        if docs:
            return await self._agent_over([await self._indexed(path) for path in docs])
        if agent is None:
            return await self._sample()
        found = await self.platform.agents.find(self.principal, agent)
        if found is None:
            raise NotFoundError(f"There is no agent {agent!r}.", code="agent_not_found")
        return found

    async def _sample(self) -> AgentView:
        agent = await seed(self.platform)
        for datasource_id in agent.datasource_ids:
            source = await self.platform.knowledge.datasources.get(self.principal, datasource_id)
            if source.status == "indexing":
                await self.finish_indexing(source)
        return agent

    async def _indexed(self, path: str | Path) -> DataSourceView:
        where = _Location.of(path)
        found = await self.platform.knowledge.datasources.find_by_path(self.principal, where.source_path)
        return found or (await self.index(path)).datasource

    async def _datasource(self, where: "_Location", name: str | None) -> DataSourceView:
        datasources = self.platform.knowledge.datasources
        known = await datasources.find_by_path(self.principal, where.source_path)
        if known is None:
            body = DataSourceBody(
                name=name or where.name, source_type=where.source_type, source_path=where.source_path
            )
            return await datasources.create(self.principal, body, trusted=True)
        if name is not None and name != known.name:
            return await datasources.update(self.principal, known.id, DataSourcePatch(name=name))
        return known

    async def _agent_over(self, sources: Sequence[DataSourceView]) -> AgentView:
        ids = [source.id for source in sources]
        slug = f"ask-{hashlib.sha256(','.join(sorted(ids)).encode()).hexdigest()[:10]}"
        found = await self.platform.agents.find(self.principal, slug)
        if found is not None and found.datasource_ids == ids:
            return found
        if found is not None:
            return await self.platform.agents.update(self.principal, found.id, AgentPatch(datasource_ids=ids))
        name = f"Ask {', '.join(source.name for source in sources)}"[:200]
        return await self.platform.agents.create(
            self.principal, AgentBody(name=name, slug=slug, datasource_ids=ids)
        )


@dataclass(frozen=True, slots=True)
class _Location:
    """Where documents are: a URL, or a file or folder of this machine."""

    source_type: str
    source_path: str
    name: str

    @classmethod
    def of(cls, path: str | Path) -> Self:
        """What a user has named."""
        if isinstance(path, str) and path.startswith(("http://", "https://")):
            return cls("url", path, path[:_LONGEST_NAME])
        absolute = Path(path).expanduser().absolute()
        if not absolute.exists():
            raise InvalidInputError(f"There is no {absolute}.", code="path_not_found")
        return cls("file", str(absolute), absolute.name or str(absolute))


async def _texts(frames: AsyncIterator[Frame]) -> AsyncIterator[str]:
    async for frame in frames:
        if frame.type == "message.delta" and isinstance(frame.data, dict):
            yield str(frame.data["text"])


def _listed(frame: Frame) -> int | None:
    documents = frame.data.get("documents") if isinstance(frame.data, dict) else None
    return len(documents) if isinstance(documents, list) else None


def _handled(frame: Frame) -> int:
    """How many documents have a result now that had none before."""
    if frame.type in ("documents.completed", "documents.failed"):
        return _listed(frame) or 0
    return int(frame.type in ("document.completed", "document.failed"))


def _document_name(frame: Frame) -> str:
    return str(frame.data.get("name", "")) if isinstance(frame.data, dict) else ""


def _report(datasource: DataSourceView, outputs: dict[str, Any]) -> IndexReport:
    numbers = ("documents", "unchanged", "failed", "removed", "chunks", "characters", "bytes")
    counted = {name: int(outputs.get(name, 0)) for name in numbers}
    return IndexReport(datasource, errors=tuple(outputs.get("errors") or ()), **counted)
