"""A large folder indexed under `kill -9` of the server and of the processes that read documents for it."""

import asyncio
import os
import random
import signal
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.faults.harness.accepted import AcceptLog
from tests.faults.harness.client import Client
from tests.faults.harness.documents import documents, token_of, write_documents
from tests.faults.harness.server import Server

__all__ = ["IndexingReport", "IndexingStorm"]

_LIBRARY = 6
_MINUTES = 8
_PARAGRAPHS = 14
_EMBEDDING = {"provider_type": "local"}
_CHECKS = {
    "documents that are there twice": """SELECT count(*) - count(DISTINCT datasource_id || name)
        FROM documents""",
    "chunks that are there twice": """SELECT count(*) FROM (
        SELECT 1 FROM chunks GROUP BY document_id, generation, start_offset, end_offset
        HAVING count(*) > 1)""",
    "chunks without a document": """SELECT count(*) FROM chunks
        WHERE document_id NOT IN (SELECT id FROM documents)""",
    "documents whose chunks are not all there": """SELECT count(*) FROM documents d WHERE d.chunk_count <>
        (SELECT count(*) FROM chunks c WHERE c.document_id = d.id)""",
    "documents without words": """SELECT count(*) FROM documents d WHERE NOT EXISTS
        (SELECT 1 FROM lexical_terms t WHERE t.document_id = d.id AND t.terms IS NOT NULL)""",
    "words without a document": """SELECT count(*) FROM lexical_terms
        WHERE terms IS NOT NULL AND document_id NOT IN (SELECT id FROM documents)""",
    "documents without a vector for each chunk": """SELECT count(*) FROM documents d
        JOIN lexical_terms t ON t.document_id = d.id JOIN document_vectors v ON v.document_id = d.id
        WHERE length(t.keys) <> 16 * d.chunk_count OR length(v.keys) > length(t.keys)""",
    "documents without vectors": """SELECT count(*) FROM documents
        WHERE id NOT IN (SELECT document_id FROM document_vectors)""",
    "documents that are not ready": "SELECT count(*) FROM documents WHERE status <> 'ready'",
}


@dataclass
class IndexingReport:
    """What happened, and what is wrong after it."""

    seed: int
    kills: int = 0
    readers_killed: int = 0
    percents: list[int] = field(default_factory=list[int])
    questions: int = 0
    problems: list[str] = field(default_factory=list[str])

    def __str__(self) -> str:
        """For a person: replay with FAULT_SEED."""
        head = (
            f"FAULT_SEED={self.seed}: {self.kills} x kill -9 of the server, "
            f"{self.readers_killed} of readers; "
            f"{len(self.percents)} looks at the progress, {self.questions} questions answered meanwhile"
        )
        return "\n".join([head, *(f"PROBLEM {problem}" for problem in self.problems)])


class IndexingStorm:
    """One server, one large folder, and somebody who kills.

    Args:
        folder: An empty folder for everything.
        seed: Decides when.
        count: How many documents the folder has; a tenth of them are HTML, which another process reads.
        words_only: Index without vectors: many documents have one commit then.
    """

    def __init__(self, folder: Path, *, seed: int, count: int, words_only: bool = False) -> None:
        self._folder = folder
        self._words_only = words_only
        self._count = count
        self._random = random.Random(seed)
        self._server = Server(folder / "data", folder / "documents")
        self._client = Client(self._server.url, AcceptLog(folder / "accepted.jsonl"))
        self._report = IndexingReport(seed)
        self._over = asyncio.Event()

    async def run(self, kills: int) -> IndexingReport:
        """The whole storm; the server is stopped when this returns."""
        self._server.start()
        try:
            await self._server.ready()
            await self._client.set_up()
            library = await self._library()
            large = await self._begin()
            async with asyncio.timeout(60 * _MINUTES), asyncio.TaskGroup() as group:
                group.create_task(self._ask(library))
                group.create_task(self._look(large))
                for _ in range(kills):
                    await self._kill()
                await self._over.wait()
            await self._check(large)
        finally:
            await self._client.close()
            self._server.stop()
        self._check_tables()
        return self._report

    async def _library(self) -> str:
        files = [(name, text.encode()) for name, text in documents("lib", _LIBRARY)]
        library = await self._client.upload(files)
        await self._client.post(f"/api/datasources/{library}/index")
        await self._client.indexed(library)
        return library

    async def _begin(self) -> str:
        folder = self._folder / "documents" / "large"
        write_documents(folder, "doc", self._count, _PARAGRAPHS)
        for number in range(0, self._count, 10):
            name = folder / f"doc-{number:04d}"
            text = name.with_suffix(".md").read_text("utf-8")
            name.with_suffix(".html").write_text(f"<html><body><p>{text}</p></body></html>", "utf-8")
            name.with_suffix(".md").unlink()
        embedding = None if self._words_only else _EMBEDDING
        body = {"name": "large", "source_type": "file", "source_path": str(folder), "embedding": embedding}
        source = await self._client.post("/api/datasources", body)
        await self._client.post(f"/api/datasources/{source['id']}/index")
        return source["id"]

    async def _kill(self) -> None:
        await asyncio.sleep(self._random.uniform(0.3, 2.0))
        if self._over.is_set():
            return
        if self._random.random() < 0.3:
            self._report.readers_killed += _kill_children(self._server.pid)
            await asyncio.sleep(0.3)
        self._server.kill()
        self._report.kills += 1
        self._server.start()
        await self._server.ready()

    async def _look(self, datasource_id: str) -> None:
        """As somebody who watches the progress bar."""
        while not self._over.is_set():
            shown = await self._client.get(f"/api/datasources/{datasource_id}")
            self._report.percents.append(shown["progress"]["percent"])
            if shown["status"] in ("ready", "failed"):
                self._over.set()
            await asyncio.sleep(0.05)

    async def _ask(self, library: str) -> None:
        """As somebody who searches what is indexed already; whenever there is a server it knows."""
        path = f"/api/datasources/{library}/search"
        while not self._over.is_set():
            number = self._random.randrange(_LIBRARY)
            with suppress(httpx2.TransportError):
                found = await self._client.post(path, {"query": token_of("lib", number), "top_k": 1})
                self._report.questions += 1
                if not found["items"] or token_of("lib", number) not in found["items"][0]["text"]:
                    self._report.problems.append(f"a question got {found['items']}")
            await asyncio.sleep(0.05)

    async def _check(self, large: str) -> None:
        source = await self._client.get(f"/api/datasources/{large}")
        if (source["status"], source["counts"]["documents"]) != ("ready", self._count):
            self._report.problems.append(f"the end is {source}")
        if self._report.percents != sorted(self._report.percents):
            self._report.problems.append(f"progress went backwards: {self._report.percents}")
        for number in self._random.sample(range(self._count), 25):
            found = await self._search(large, token_of("doc", number))
            if sum(token_of("doc", number) in each["text"] for each in found) != 1:
                self._report.problems.append(f"document {number} is found as {found}")

    async def _search(self, large: str, token: str) -> list[dict[str, Any]]:
        body = {"query": token, "retriever": "bm25", "options": {"distinct": False}}
        return (await self._client.post(f"/api/datasources/{large}/search", body))["items"]

    def _check_tables(self) -> None:
        with closing(sqlite3.connect(self._folder / "data" / "liteagent.db")) as database:
            for what, query in _CHECKS.items():
                if self._words_only and "vector" in what:
                    continue
                (count,) = database.execute(query + _only_large(query)).fetchone()
                if count:
                    self._report.problems.append(f"{count} {what}")


def _only_large(query: str) -> str:
    """The library was made without vectors; these checks are about the large one."""
    if "document_vectors)" not in query:
        return ""
    return " AND datasource_id = (SELECT id FROM data_sources WHERE name = 'large')"


def _kill_children(pid: int) -> int:
    """Kill the processes that read documents; how many there were."""
    children = [
        int(child)
        for file in Path(f"/proc/{pid}/task").glob("*/children")
        for child in file.read_text("ascii").split()
    ]
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return len(children)
