"""A database with one accepted chat turn and one accepted indexing run, at neither of which anybody works."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liteagent.features.agents.schemas import AgentBody
from liteagent.features.chat.schemas import ChatBody
from liteagent.features.knowledge.schemas import DataSourceBody
from tests.faults.harness.accepted import AcceptedTurn, AcceptLog, IndexedSource
from tests.faults.harness.checker import problems_of, rows
from tests.faults.harness.documents import token_of, write_documents
from tests.faults.harness.rig import Life
from tests.faults.harness.searching import problems_of_search

__all__ = ["Scene", "make_scene"]

LIBRARY, SOURCE = 4, 6
_LARGE = frozenset(("src-0001.md", "src-0003.md"))
"""Those are taken in alone; of the others, the last two together."""


@dataclass(frozen=True)
class Scene:
    """Where everything is; `at` makes a copy to play on."""

    path: Path
    agent_id: str
    chat: str
    indexing: str
    log: AcceptLog

    def at(self, folder: Path) -> "Scene":
        """The same scene on a copy of the database in `folder`."""
        folder.mkdir(parents=True)
        path = folder / self.path.name
        shutil.copy(self.path, path)
        log = AcceptLog(folder / "accepted.jsonl", list(self.log.turns), list(self.log.sources))
        return Scene(path, self.agent_id, self.chat, self.indexing, log)

    async def problems(self, *, both: bool = True) -> list[str]:
        """What the checker says; with `both` False only of the turn, where nobody indexed."""
        if both:
            return problems_of(self.path, self.log) + await problems_of_search(self.path, self.log)
        return [each for each in problems_of(self.path, self.log) if self.chat in each]

    def outcome(self) -> dict[str, Any]:
        """What the two runs have made of the world, without ids and times."""
        with closing(sqlite3.connect(self.path)) as connection:
            made = {name: [tuple(row) for row in rows(connection, query)] for name, query in _MADE.items()}
        return {**made, "effects": [(*about, _without_ids(payload)) for *about, payload in made["effects"]]}


_MADE = {
    "ends": """SELECT kind, status, type, json_remove(payload, '$.outputs.message.citations',
        '$.outputs.retrieval') FROM runs JOIN run_events ON run_id = id
        WHERE seq = (SELECT max(seq) FROM run_events WHERE run_id = id) ORDER BY kind""",
    "messages": "SELECT role, content, status, citations FROM messages ORDER BY id",
    "sources": "SELECT name, status, error FROM data_sources ORDER BY name",
    "documents": """SELECT name, status, fingerprint, size, characters, chunk_count, text
        FROM documents ORDER BY name""",
    "chunks": """SELECT name, position, start_offset, end_offset, heading FROM chunks
        JOIN documents ON documents.id = document_id ORDER BY name, position""",
    "words": """SELECT name, terms FROM lexical_terms
        JOIN documents ON documents.id = document_id ORDER BY name""",
    "effects": """SELECT kind, type, json_remove(payload, '$.document_id', '$.passages', '$.trace', '$.gone')
        FROM run_events JOIN runs ON runs.id = run_id
        WHERE type NOT LIKE 'run.%'
        ORDER BY kind, type, payload ->> '$.name', payload ->> '$.documents[0].name', seq""",
}


def _without_ids(payload: str) -> dict[str, Any]:
    """What an effect was asked or has given, where several documents have one."""
    told: dict[str, Any] = json.loads(payload)
    for document in told.get("documents", ()):
        document.pop("document_id", None)
    return told


async def make_scene(folder: Path) -> Scene:
    """Make it in an empty folder."""
    life = Life(folder / "scene.db")
    await life.create_tables()
    who = life.principal
    library = await _source(life, folder, "lib", LIBRARY)
    view = await life.datasources.index(who, library)
    assert view.run_id is not None
    await life.driver.advance(view.run_id)
    agent = await life.agents.create(who, AgentBody(name="Librarian", datasource_ids=[library]))
    token = token_of("lib", 2)
    body = ChatBody(agent_id=agent.id, message=f"Which note has the code word {token}?")
    turn = await life.chat.send(who, body)
    source = await life.datasources.index(who, await _source(life, folder, "src", SOURCE))
    assert source.run_id is not None
    await life.close()
    log = AcceptLog(folder / "accepted.jsonl")
    log.turn(AcceptedTurn("turn", turn.run_id, turn.conversation_id, body.message, token))
    log.source(IndexedSource(source.id, tuple(token_of("src", n) for n in range(SOURCE))))
    return Scene(life.path, agent.id, turn.run_id, source.run_id, log)


async def _source(life: Life, folder: Path, label: str, count: int) -> str:
    write_documents(folder / label, label, count, paragraphs=3)
    for name in _LARGE & {path.name for path in (folder / label).iterdir()}:
        with (folder / label / name).open("a", encoding="utf-8") as file:
            file.writelines(f"\n\nLine {number} of many." for number in range(4_000))
    body = DataSourceBody(name=label, source_type="file", source_path=str(folder / label))
    return (await life.datasources.create(life.principal, body, trusted=True)).id
