"""Do the books balance? Reads a data folder's database, after all, and says what is wrong with it."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.faults.harness.accepted import AcceptedTurn, AcceptLog, IndexedSource
from tests.faults.harness.model import answer_to

__all__ = ["problems_of", "problems_of_runs", "rows"]

_ENDS = {"run.completed": "COMPLETED", "run.failed": "FAILED", "run.cancelled": "CANCELLED"}


def problems_of(database: Path, log: AcceptLog) -> list[str]:
    """What is lost, doubled, torn or unfinished; empty where all is well."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return [
            *_file(connection),
            *problems_of_runs(connection),
            *_turns(connection, log.turns),
            *_orphans(connection),
            *(problem for source in log.sources for problem in _source(connection, source)),
        ]


def rows(connection: sqlite3.Connection, query: str, *arguments: object) -> list[sqlite3.Row]:
    """All rows of a query."""
    return connection.execute(query, arguments).fetchall()


def _file(connection: sqlite3.Connection) -> Iterator[str]:
    for check in ("integrity_check", "foreign_key_check"):
        found = [tuple(row) for row in rows(connection, f"PRAGMA {check}")]
        if found not in ([], [("ok",)]):
            yield f"PRAGMA {check}: {found[:3]}"


def problems_of_runs(connection: sqlite3.Connection) -> Iterator[str]:
    """Journals with gaps, with no end or several, results without a request, statuses that do not fit."""
    for run in rows(connection, "SELECT id, kind, status FROM runs"):
        events = rows(connection, "SELECT * FROM run_events WHERE run_id = ? ORDER BY seq", run["id"])
        for problem in (*_places(events), *_end(run["status"], events), *_results(run["status"], events)):
            yield f"run {run['id']} ({run['kind']}, {run['status']}): {problem}"


def _places(events: Sequence[sqlite3.Row]) -> Iterator[str]:
    seqs = [event["seq"] for event in events]
    if seqs != list(range(1, len(seqs) + 1)):
        yield f"its events are {seqs}"


def _end(status: str, events: Sequence[sqlite3.Row]) -> Iterator[str]:
    ends = [event for event in events if event["type"] in _ENDS]
    if len(ends) != 1 or ends[0] is not events[-1]:
        yield f"it has {len(ends)} ends, and its last event is {events[-1]['type'] if events else None}"
    elif _ENDS[ends[0]["type"]] != status:
        yield f"it ends with {ends[0]['type']}"
    elif status == "FAILED":
        error: dict[str, Any] = json.loads(ends[0]["payload"]).get("error") or {}
        if not error.get("code") or not error.get("message"):
            yield "it failed without a reason"


def _results(status: str, events: Sequence[sqlite3.Row]) -> Iterator[str]:
    asked = {event["seq"] for event in events if event["type"].endswith(".requested")}
    answered = Counter(event["ref"] for event in events if event["ref"] is not None)
    if any(times > 1 for times in answered.values()) or not answered.keys() <= asked:
        yield f"results {dict(answered)} for the requests {sorted(asked)}"
    elif status == "COMPLETED" and answered.keys() != asked:
        yield f"requests without a result: {sorted(asked - answered.keys())}"


def _turns(connection: sqlite3.Connection, turns: Sequence[AcceptedTurn]) -> Iterator[str]:
    for key, times in Counter(turn.key for turn in turns).items():
        if times > 1:
            yield f"the key {key} was accepted as {times} turns"
    for turn in turns:
        for problem in _turn(connection, turn):
            yield f"turn {turn.key} (run {turn.run_id}): {problem}"
    known = {turn.run_id for turn in turns}
    for run in rows(connection, "SELECT id FROM runs WHERE kind = 'chat'"):
        if run["id"] not in known:
            yield f"run {run['id']} is a turn that nobody was told of"


def _turn(connection: sqlite3.Connection, turn: AcceptedTurn) -> Iterator[str]:
    said = rows(connection, "SELECT * FROM messages WHERE run_id = ? ORDER BY id", turn.run_id)
    ends = rows(
        connection,
        "SELECT type, payload FROM run_events WHERE run_id = ? ORDER BY seq DESC LIMIT 1",
        turn.run_id,
    )
    if not ends:
        yield "lost: there is no such run"
        return
    if [message["role"] for message in said] != ["user", "assistant"]:
        yield f"its messages are {[message['role'] for message in said]}"
        return
    question, answer = said
    if question["content"] != turn.question or {turn.conversation_id} != {
        message["conversation_id"] for message in said
    }:
        yield "its question is not the one that was asked, or in another conversation"
    if ends[0]["type"] == "run.completed":
        yield from _answer(connection, turn, answer)
    elif answer["error"] is None:
        yield "it failed and its message does not say why"


def _answer(connection: sqlite3.Connection, turn: AcceptedTurn, answer: sqlite3.Row) -> Iterator[str]:
    if (answer["content"], answer["status"]) != (answer_to(turn.question), "complete"):
        yield f"its answer is {answer['content']!r} ({answer['status']})"
    citations = json.loads(answer["citations"])
    if len(citations) != 1:
        yield f"it has {len(citations)} citations"
    for citation in citations:
        yield from _citation(connection, turn, citation)


def _citation(
    connection: sqlite3.Connection, turn: AcceptedTurn, citation: Mapping[str, Any]
) -> Iterator[str]:
    found = rows(connection, "SELECT text FROM documents WHERE id = ?", citation["document"]["id"])
    if not found or found[0]["text"][citation["start"] : citation["end"]] != citation["text"]:
        yield "its citation is not in the document"
    if turn.token not in citation["text"]:
        yield "its citation does not hold the code word"


def _orphans(connection: sqlite3.Connection) -> Iterator[str]:
    queries = {
        "chunks without a document": "chunks WHERE document_id NOT IN (SELECT id FROM documents)",
        "documents without words": """documents WHERE status = 'ready' AND id NOT IN
            (SELECT document_id FROM lexical_terms WHERE terms IS NOT NULL)""",
        "words without a document": """lexical_terms WHERE terms IS NOT NULL AND document_id NOT IN
            (SELECT id FROM documents)""",
        "words newer than their source": """lexical_terms WHERE version >
            (SELECT version FROM data_sources WHERE id = datasource_id)""",
        "messages without a run": "messages WHERE run_id NOT IN (SELECT id FROM runs)",
        "conversations without messages": """conversations WHERE id NOT IN
            (SELECT conversation_id FROM messages)""",
    }
    for what, query in queries.items():
        ((count,),) = rows(connection, f"SELECT count(*) FROM {query}")
        if count:
            yield f"{count} {what}"


def _source(connection: sqlite3.Connection, source: IndexedSource) -> Iterator[str]:
    found = rows(connection, "SELECT * FROM data_sources WHERE id = ?", source.datasource_id)
    status = found[0]["status"] if found else None
    if status != "ready":
        yield f"data source {source.datasource_id} is {status}"
    query = "SELECT * FROM documents WHERE datasource_id = ? ORDER BY name"
    documents = rows(connection, query, source.datasource_id)
    for problem in (*_documents(documents, source.tokens), *_chunks(connection, documents)):
        yield f"data source {source.datasource_id}: {problem}"


def _documents(documents: Sequence[sqlite3.Row], tokens: Sequence[str]) -> Iterator[str]:
    for document in documents:
        if document["status"] != "ready":
            yield f"{document['name']} is {document['status']}: {document['error']}"
    held = [sum(token in document["text"] for document in documents) for token in tokens]
    if len(documents) != len(tokens) or set(held) - {1}:
        yield f"{len(documents)} documents for {len(tokens)}, {held.count(0)} are missing"


def _chunks(connection: sqlite3.Connection, documents: Iterable[sqlite3.Row]) -> Iterator[str]:
    for document in documents:
        query = "SELECT * FROM chunks WHERE document_id = ? ORDER BY position"
        chunks = rows(connection, query, document["id"])
        places = [(chunk["position"], chunk["start_offset"]) for chunk in chunks]
        wanted = list(range(document["chunk_count"]))
        if [place[0] for place in places] != wanted or len({place[1] for place in places}) != len(wanted):
            yield f"{document['name']} has the chunks {places} and should have {len(wanted)}"
