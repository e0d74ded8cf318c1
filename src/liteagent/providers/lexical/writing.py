"""How the tables of the term store `postgres` change; each function within one transaction.

Whoever adds or removes documents holds a lock of the workspace that he shares with others who do;
whoever moves or drops what others have stored holds it alone.
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from anyio import to_thread

from liteagent.contracts.lexical import TermsInDocument
from liteagent.providers.lexical.connections import Connection
from liteagent.providers.lexical.planning import NewPart, StoredPart, due
from liteagent.providers.lexical.postings import POSTING, PackedTerms, moved

__all__ = ["compact_once", "delete_documents", "drop_datasource", "put_documents"]

_Ints = npt.NDArray[np.int64]
_Key = tuple[str, str]

_LOCK = 0x6C697465  # "lite"; the second number of the lock is the workspace's

_ADD_SOURCES = """INSERT INTO liteagent_term_sources (workspace_id, datasource_id)
                  SELECT * FROM unnest(%(workspaces)s::text[], %(datasources)s::text[])
                  ON CONFLICT DO NOTHING"""
_READ_SOURCES = """SELECT workspace_id, datasource_id, id FROM liteagent_term_sources
                   WHERE (workspace_id, datasource_id) IN (
                     SELECT * FROM unnest(%(workspaces)s::text[], %(datasources)s::text[]))"""
_ADD_DOCUMENTS = """INSERT INTO liteagent_term_documents (workspace_id, document_id, datasource_id, metadata)
                    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::jsonb[])
                    ON CONFLICT (workspace_id, document_id) DO UPDATE
                    SET datasource_id = excluded.datasource_id, metadata = excluded.metadata
                    RETURNING workspace_id, document_id, id"""
_FIND_DOCUMENTS = """SELECT id FROM liteagent_term_documents
                     WHERE workspace_id = %s AND document_id = ANY(%s) ORDER BY document_id FOR UPDATE"""
_HOLD_PARTS = """SELECT id FROM liteagent_term_parts
                 WHERE id IN (SELECT part FROM liteagent_term_spans WHERE document = ANY(%s))
                 ORDER BY id FOR UPDATE"""
_FORGET = """WITH gone AS (
               DELETE FROM liteagent_term_spans WHERE document = ANY(%s) RETURNING part, first, last, total),
             by_part AS (
               SELECT part, array_agg(first) AS firsts, array_agg(last) AS lasts,
                      sum(last - first) AS chunks, sum(total) AS total FROM gone GROUP BY part)
             UPDATE liteagent_term_parts AS held
             SET gone_first = gone_first || firsts, gone_last = gone_last || lasts,
                 chunks = held.chunks - by_part.chunks, total = held.total - by_part.total
             FROM by_part WHERE held.id = by_part.part RETURNING held.id, held.size = by_part.chunks"""
# A plan that is kept for any parts expects many terms, and would read all postings of all data sources.
_BY_INDEX = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
_DROP_POSTINGS = """DELETE FROM liteagent_term_postings AS held
                    USING (SELECT id, source, unnest(terms) AS term FROM liteagent_term_parts
                           WHERE id = ANY(%s)) AS old
                    WHERE held.source = old.source AND held.term = old.term AND held.part = old.id"""
_ADD_PART = """INSERT INTO liteagent_term_parts (source, analyzer, size, chunks, total, terms)
               VALUES (%s, %s, %s, %s, %s, %b::bigint[]) RETURNING id"""
_COPY_SPANS = """COPY liteagent_term_spans (part, first, last, document, total, chunk_ids)
                 FROM STDIN (FORMAT binary)"""
_COPY_POSTINGS = """COPY liteagent_term_postings (source, term, part, data) FROM STDIN (FORMAT binary)"""
_READ_PARTS = """SELECT id, analyzer, size, chunks FROM liteagent_term_parts WHERE source = %s"""
_READ_SPANS = """SELECT part, first, last, total FROM liteagent_term_spans
                 WHERE part = ANY(%s) ORDER BY part, first"""
_READ_POSTINGS = """SELECT part, string_agg(int8send(term), ''::bytea),
                      string_agg(int4send(octet_length(data)), ''::bytea), string_agg(data, ''::bytea)
                    FROM (SELECT id AS part, source, unnest(terms) AS term FROM liteagent_term_parts
                          WHERE id = ANY(%s)) AS old
                    JOIN liteagent_term_postings USING (source, term, part) GROUP BY part ORDER BY part"""
_MOVE_SPANS = """UPDATE liteagent_term_spans AS held
                 SET part = %s, first = new_first, last = new_first + held.last - held.first
                 FROM unnest(%s::bigint[], %s::integer[], %s::integer[]) AS moved(old, old_first, new_first)
                 WHERE held.part = old AND held.first = old_first"""


async def put_documents(
    connection: Connection, documents: Sequence[TermsInDocument], parts: Sequence[NewPart]
) -> None:
    """Store documents in place of those with the same ids; `parts` are theirs."""
    await _share(connection, {each.workspace_id for each in documents})
    rows = sorted(documents, key=lambda each: (each.workspace_id, each.document_id))
    added = await connection.execute(
        _ADD_DOCUMENTS,
        (
            [each.workspace_id for each in rows],
            [each.document_id for each in rows],
            [each.datasource_id for each in rows],
            [json.dumps(dict(each.metadata)) for each in rows],
        ),
    )
    ids: dict[_Key, int] = {(workspace, name): id_ for workspace, name, id_ in await added.fetchall()}
    await _forget(connection, list(ids.values()))
    await _add_parts(connection, parts, ids)
    empty = [ids[each.workspace_id, each.document_id] for each in rows if not each.chunk_ids]
    await _drop_documents(connection, empty)


async def delete_documents(connection: Connection, workspace_id: str, document_ids: Sequence[str]) -> None:
    """Forget documents of a workspace."""
    await _share(connection, [workspace_id])
    found = await connection.execute(_FIND_DOCUMENTS, (workspace_id, list(document_ids)))
    ids = [id_ for (id_,) in await found.fetchall()]
    await _forget(connection, ids)
    await _drop_documents(connection, ids)


async def drop_datasource(connection: Connection, workspace_id: str, datasource_id: str) -> None:
    """Forget all of a data source."""
    source = await _hold(connection, workspace_id, datasource_id)
    if source is None:
        return
    for query in (
        "DELETE FROM liteagent_term_postings WHERE source = %s",
        """DELETE FROM liteagent_term_spans USING liteagent_term_parts
           WHERE part = liteagent_term_parts.id AND source = %s""",
        "DELETE FROM liteagent_term_parts WHERE source = %s",
    ):
        await connection.execute(query, (source,))
    await connection.execute(
        "DELETE FROM liteagent_term_documents WHERE workspace_id = %s AND datasource_id = %s",
        (workspace_id, datasource_id),
    )


async def compact_once(connection: Connection, workspace_id: str, datasource_id: str) -> bool:
    """Drop parts that are empty, or make one of several, where that is worth it; whether it was."""
    source = await _hold(connection, workspace_id, datasource_id)
    if source is None:
        return False
    found = await connection.execute(_READ_PARTS, (source,))
    stored = [StoredPart(*row) for row in await found.fetchall()]
    empty = [part.id for part in stored if not part.chunks]
    if empty:
        await _drop_parts(connection, empty)
        return True
    parts = due(stored)
    if parts is None:
        return False
    await _merge(connection, source, parts)
    return True


async def _merge(connection: Connection, source: int, parts: Sequence[StoredPart]) -> None:
    ids = [part.id for part in parts]
    found = await connection.execute(_READ_SPANS, (ids,))
    spans = _moving(await found.fetchall())
    await connection.execute(_BY_INDEX)
    found = await connection.execute(_READ_POSTINGS, (ids,), binary=True)
    packed = await to_thread.run_sync(_merged, await found.fetchall(), parts, spans)
    total = sum(span.total for span in spans)
    about = (source, parts[0].analyzer, sum(span.chunks for span in spans), total)
    new = await _add_part(connection, about, packed)
    moves = ([span.part for span in spans], [span.first for span in spans], [span.to for span in spans])
    await connection.execute(_MOVE_SPANS, (new, *moves))
    await _copy_postings(connection, [(source, new, packed)])
    await _drop_parts(connection, ids)


async def _share(connection: Connection, workspaces: Iterable[str]) -> None:
    numbers = sorted(set(map(_number, workspaces)))
    await connection.execute(
        "SELECT pg_advisory_xact_lock_shared(%s, each) FROM unnest(%s::integer[]) AS each", (_LOCK, numbers)
    )


async def _hold(connection: Connection, workspace_id: str, datasource_id: str) -> int | None:
    """Wait until nobody else changes the workspace; the number of the data source where it is known."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, _number(workspace_id)))
    found = await _sources(connection, [(workspace_id, datasource_id)], add=False)
    return found.get((workspace_id, datasource_id))


def _number(workspace_id: str) -> int:
    """Of 32 bits with a sign, as a lock wants it; workspaces that share one wait for each other."""
    return zlib.crc32(workspace_id.encode()) - 2**31


async def _sources(connection: Connection, keys: Iterable[_Key], *, add: bool) -> dict[_Key, int]:
    wanted = sorted(set(keys))
    values = {"workspaces": [key[0] for key in wanted], "datasources": [key[1] for key in wanted]}
    if add:
        await connection.execute(_ADD_SOURCES, values)
    found = await connection.execute(_READ_SOURCES, values)
    return {(workspace, datasource): id_ for workspace, datasource, id_ in await found.fetchall()}


async def _forget(connection: Connection, ids: Sequence[int]) -> None:
    """Mark what documents have in parts as gone; a part that was all theirs goes as a whole."""
    await connection.execute(_HOLD_PARTS, (ids,))
    found = await connection.execute(_FORGET, (ids,))
    theirs = [id_ for id_, whole in await found.fetchall() if whole]
    if theirs:
        await _drop_parts(connection, theirs)


async def _drop_parts(connection: Connection, ids: Sequence[int]) -> None:
    await connection.execute(_BY_INDEX)
    await connection.execute(_DROP_POSTINGS, (ids,))
    await connection.execute("DELETE FROM liteagent_term_parts WHERE id = ANY(%s)", (ids,))


async def _drop_documents(connection: Connection, ids: Sequence[int]) -> None:
    if ids:
        await connection.execute("DELETE FROM liteagent_term_documents WHERE id = ANY(%s)", (ids,))


async def _add_parts(connection: Connection, parts: Sequence[NewPart], ids: dict[_Key, int]) -> None:
    if not parts:
        return
    sources = await _sources(connection, [part.source for part in parts], add=True)
    stored: list[tuple[int, int, NewPart]] = []
    for part in parts:
        source = sources[part.source]
        about = (source, part.analyzer, part.size, part.total)
        stored.append((source, await _add_part(connection, about, part.packed), part))
    async with connection.cursor() as cursor, cursor.copy(_COPY_SPANS) as copy:
        copy.set_types(["int8", "int4", "int4", "int8", "int8", "text[]"])
        for _, new, part in stored:
            for span in part.spans:
                last = span.first + len(span.chunk_ids)
                row = (new, span.first, last, ids[span.document], span.total, list(span.chunk_ids))
                await copy.write_row(row)
    await _copy_postings(connection, [(source, new, part.packed) for source, new, part in stored])


async def _add_part(connection: Connection, about: tuple[int, str, int, int], packed: PackedTerms) -> int:
    source, analyzer, size, total = about
    values = (source, analyzer, size, size, total, packed.terms.tolist())
    row = await (await connection.execute(_ADD_PART, values)).fetchone()
    assert row is not None
    return int(row[0])


async def _copy_postings(connection: Connection, parts: Iterable[tuple[int, int, PackedTerms]]) -> None:
    async with connection.cursor() as cursor, cursor.copy(_COPY_POSTINGS) as copy:
        copy.set_types(["int4", "int8", "int8", "bytea"])
        for source, new, packed in parts:
            for term, data in packed.rows():
                await copy.write_row((source, term, new, data))


@dataclass(frozen=True, slots=True)
class _Moving:
    """A span, and the place in the new part that it moves to."""

    part: int
    first: int
    chunks: int
    total: int
    to: int


def _moving(rows: Iterable[tuple[int, int, int, int]]) -> list[_Moving]:
    spans: list[_Moving] = []
    to = 0
    for part, first, last, total in rows:
        spans.append(_Moving(part, first, last - first, total, to))
        to += last - first
    return spans


def _merged(
    rows: Iterable[tuple[int, bytes, bytes, bytes]], parts: Sequence[StoredPart], spans: Iterable[_Moving]
) -> PackedTerms:
    """The postings of `parts`, whose terms, sizes and postings are in `rows`, by their new places."""
    places = {part.id: np.full(part.size, -1, np.int64) for part in parts}
    for span in spans:
        places[span.part][span.first : span.first + span.chunks] = np.arange(span.to, span.to + span.chunks)
    terms: list[_Ints] = []
    postings: list[npt.NDArray[np.void]] = []
    targets: list[_Ints] = []
    for part, its_terms, sizes, data in rows:
        found = np.frombuffer(data, POSTING)
        counts = np.frombuffer(sizes, ">i4").astype(np.int64) // POSTING.itemsize
        terms.append(np.repeat(np.frombuffer(its_terms, ">i8").astype(np.int64), counts))
        postings.append(found)
        targets.append(places[part][found["place"]])
    if not terms:
        return moved(np.empty(0, np.int64), np.empty(0, POSTING), np.empty(0, np.int64))
    return moved(np.concatenate(terms), np.concatenate(postings), np.concatenate(targets))
