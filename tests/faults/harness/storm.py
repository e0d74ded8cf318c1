"""Chat and indexing under `kill -9`: the same seed gives the same schedule of kills."""

import asyncio
import contextlib
import json
import random
import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.harness.accepted import AcceptLog
from tests.faults.harness.checker import problems_of
from tests.faults.harness.client import Client
from tests.faults.harness.documents import documents, token_of, write_documents
from tests.faults.harness.model import FakeModel
from tests.faults.harness.searching import problems_of_search
from tests.faults.harness.server import Server
from tests.faults.harness.waiting import until

__all__ = ["Report", "Storm"]

_LIBRARY = 12
_TALKERS = 4
_QUIET_SECONDS = 60.0
_FAILURES = """SELECT payload ->> '$.error.code', count(*) FROM run_events
               WHERE type = 'run.failed' GROUP BY 1"""


@dataclass
class Report:
    """What a storm did, and what is wrong after it."""

    seed: int
    kills: list[str]
    accepted: int = 0
    statuses: dict[str, int] = field(default_factory=dict[str, int])
    model_calls: int = 0
    repeated_calls: int = 0
    client_retries: int = 0
    sources: int = 0
    failures: dict[str, int] = field(default_factory=dict[str, int])
    """By the code of their reason: the runs that failed."""
    taken_over: dict[str, int] = field(default_factory=dict[str, int])
    """By kind of run: how often one was taken over from a dead process."""
    ready_after: list[float] = field(default_factory=list[float])
    first_event_after: list[float] = field(default_factory=list[float])
    problems: list[str] = field(default_factory=list[str])

    def __str__(self) -> str:
        """For a person: replay with FAULT_SEED."""
        lines = [
            f"FAULT_SEED={self.seed}: {len(self.kills)} x kill -9",
            f"accepted turns {self.accepted}, runs {self.statuses}, data sources indexed {self.sources}",
            f"reasons of the failed runs {self.failures}",
            f"taken over from dead processes {self.taken_over}, requests repeated by clients "
            f"{self.client_retries}",
            f"model calls {self.model_calls}, of them raw repeats {self.repeated_calls}",
            f"seconds from start to ready {_spread(self.ready_after)}",
            f"seconds from restart to the first new event {_spread(self.first_event_after)}",
            *(f"  kill {n}: {when}" for n, when in enumerate(self.kills, 1)),
            *(f"PROBLEM {problem}" for problem in self.problems),
        ]
        return "\n".join(lines)


class Storm:
    """One server, four people who talk, one who indexes, and somebody who kills the server.

    Args:
        folder: An empty folder for everything.
        seed: Decides when the server is killed.
        documents: How many a data source has.
    """

    def __init__(self, folder: Path, *, seed: int, documents: int) -> None:
        self._folder = folder
        self._seed = seed
        self._documents = documents
        self._random = random.Random(seed)
        self._log = AcceptLog(folder / "accepted.jsonl")
        self._server = Server(folder / "data", folder / "documents")
        self._model = FakeModel()
        self._over = asyncio.Event()
        self._kills: list[str] = []

    async def run(self, kills: int) -> Report:
        """The whole storm; the server is stopped when this returns."""
        async with self._model.serving(), self._client() as client:
            self._server.start()
            try:
                agent = await self._prepare(client)
                async with asyncio.TaskGroup() as group:
                    for name in range(_TALKERS):
                        group.create_task(self._talk(client, agent, name))
                    group.create_task(self._index(client))
                    for _ in range(kills):
                        await self._kill()
                    self._over.set()
                await self._quiet(client)
            finally:
                self._server.stop()
            return await self._report(client)

    @asynccontextmanager
    async def _client(self) -> AsyncGenerator[Client]:
        client = Client(self._server.url, self._log)
        try:
            yield client
        finally:
            await client.close()

    async def _prepare(self, client: Client) -> str:
        await self._server.ready()
        await client.set_up()
        await client.add_model(self._model.url)
        files = [(name, text.encode()) for name, text in documents("lib", _LIBRARY)]
        library = await client.upload(files)
        await client.post(f"/api/datasources/{library}/index")
        await client.indexed(library)
        agent = await client.post("/api/agents", {"name": "Librarian", "datasource_ids": [library]})
        return agent["id"]

    async def _kill(self) -> None:
        """Kill at a random moment of a process's life, sometimes before it is ready; start the next one."""
        if self._random.random() < 0.15:
            delay, since = self._random.uniform(0.2, 2.0), "its start"
        else:
            delay, since = self._random.uniform(0.2, 3.0), "it was ready"
            if len(self._server.ready_after) < len(self._server.starts):
                await self._server.ready()
        await asyncio.sleep(delay)
        self._server.kill()
        self._kills.append(f"{delay:.3f} s after {since}")
        self._server.start()

    async def _talk(self, client: Client, agent: str, name: int) -> None:
        """One conversation: every second person reads the stream, one in four leaves at once."""
        conversation: str | None = None
        turn = 0
        while not self._over.is_set():
            token, key = token_of("lib", (turn + name) % _LIBRARY), f"talk-{name}-{turn}"
            if name % 2:
                conversation = await client.say(agent, conversation, token, key)
            else:
                conversation = await client.stream(agent, conversation, token, key, leave=name == 2)
                if name == 2:
                    await asyncio.sleep(1.0)
            turn += 1

    async def _index(self, client: Client) -> None:
        """One data source after the other."""
        number = 0
        while not self._over.is_set():
            label = f"src{chr(ord('a') + number)}"
            folder = self._folder / "documents" / label
            tokens = await asyncio.to_thread(write_documents, folder, label, self._documents)
            await client.indexed(await client.index(folder, tokens, f"index-{number}"))
            number += 1

    async def _quiet(self, client: Client) -> None:
        """Until nothing is under way: the server must get there by itself."""
        if len(self._server.ready_after) < len(self._server.starts):
            await self._server.ready()
        with contextlib.suppress(TimeoutError):
            await until(lambda: _is_quiet(client), _QUIET_SECONDS)

    async def _report(self, client: Client) -> Report:
        path = self._server.data / "liteagent.db"
        problems = problems_of(path, self._log) + await problems_of_search(path, self._log)
        written = self._server.log.read_text(encoding="utf-8", errors="replace")
        problems += [f"the server's log: {line}" for line in written.splitlines() if "Traceback" in line]
        report = Report(
            self._seed,
            self._kills,
            accepted=len(self._log.turns),
            model_calls=sum(self._model.calls.values()),
            repeated_calls=self._model.repeated,
            client_retries=client.retries,
            sources=len(self._log.sources),
            ready_after=self._server.ready_after,
            problems=client.problems + problems,
        )
        with closing(sqlite3.connect(path)) as connection:
            report.statuses = dict(connection.execute("SELECT status, count(*) FROM runs GROUP BY 1"))
            report.failures = dict(connection.execute(_FAILURES))
            report.taken_over = _taken_over(connection)
            for start in self._server.starts[1:]:
                query = "SELECT min(at) FROM run_events WHERE at > ?"
                ((first,),) = connection.execute(query, (start,))
                report.first_event_after += [first - start] if first else []
        return report


async def _is_quiet(client: Client) -> bool:
    lists = [await client.get("/api/runs", status=status) for status in ("PENDING", "RUNNING")]
    return not any(each["items"] for each in lists)


def _taken_over(connection: sqlite3.Connection) -> dict[str, int]:
    """Claims after the first one of each run."""
    query = """SELECT kind, payload FROM run_events JOIN runs ON id = run_id WHERE type = 'run.claimed'"""
    found: dict[str, int] = {}
    for kind, payload in connection.execute(query):
        found[kind] = found.get(kind, 0) + (json.loads(payload)["epoch"] > 1)
    return found


def _spread(values: Sequence[float]) -> str:
    ordered = sorted(values)
    if not ordered:
        return "-"
    return f"{ordered[0]:.2f} / {ordered[len(ordered) // 2]:.2f} / {ordered[-1]:.2f} (least, median, most)"
