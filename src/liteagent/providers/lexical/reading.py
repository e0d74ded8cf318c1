"""What is asked of the tables of the term store `postgres`; all of a search within one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg import AsyncCursor
from psycopg.sql import SQL

from liteagent.contracts.lexical import TermsQuery
from liteagent.contracts.retrieval import Hit, Scope
from liteagent.contracts.vectors import StoreCounts
from liteagent.providers.lexical.connections import Connection
from liteagent.providers.lexical.postings import POSTING, POSTING_BYTES
from liteagent.providers.lexical.scoring import MOST_TERMS, Corpus, FoundTerm, Place, weights
from liteagent.providers.vectorstore.pgvector_where import where_of

__all__ = ["Matter", "count_scope", "read_analyzers", "read_hits", "read_matter"]

_Ints = npt.NDArray[np.int64]

_SOURCES = SQL(
    """source = ANY (ARRAY(
         SELECT id FROM liteagent_term_sources
         WHERE workspace_id = %s AND (%s::text[] IS NULL OR datasource_id = ANY(%s::text[]))))"""
)
_ANALYZERS = SQL("SELECT DISTINCT analyzer FROM liteagent_term_parts WHERE {} AND chunks > 0").format(
    _SOURCES
)
_CORPUS = SQL(
    """SELECT id, size, chunks, total, gone_first, gone_last FROM liteagent_term_parts
       WHERE {} ORDER BY id"""
).format(_SOURCES)
_BYTES = SQL(
    """SELECT term, sum(octet_length(data)) FROM liteagent_term_postings
       WHERE {} AND term = ANY(%s) GROUP BY term"""
).format(_SOURCES)
_FOUND = SQL(
    """SELECT term, string_agg(int8send(part), ''::bytea),
         string_agg(int4send(octet_length(data)), ''::bytea), string_agg(data, ''::bytea)
       FROM liteagent_term_postings WHERE {} AND term = ANY(%s) GROUP BY term"""
).format(_SOURCES)
_IN_SCOPE = SQL(
    """liteagent_term_documents JOIN liteagent_term_spans
       ON liteagent_term_spans.document = liteagent_term_documents.id WHERE {}"""
)
_WANTED = SQL("SELECT part, first, last FROM {}")
_COUNT = SQL("SELECT count(DISTINCT id), coalesce(sum(last - first), 0)::bigint FROM {}")
_CHUNK_IDS = """SELECT span.chunk_ids[place - span.first + 1]
                FROM unnest(%s::bigint[], %s::integer[]) WITH ORDINALITY AS asked(part, place, nth)
                CROSS JOIN LATERAL (
                  SELECT first, chunk_ids FROM liteagent_term_spans
                  WHERE liteagent_term_spans.part = asked.part AND first <= place
                  ORDER BY first DESC LIMIT 1) AS span
                ORDER BY nth"""


@dataclass(frozen=True, slots=True, eq=False)
class Matter:
    """What is ranked.

    Attributes:
        found: The postings of the query's terms.
        wanted: The ranges of places that may be found: part, first, last-plus-one, a row each. None where all
            may.
    """

    corpus: Corpus
    found: list[FoundTerm] = field(repr=False)
    wanted: _Ints | None = None


async def read_analyzers(connection: Connection, scope: Scope) -> frozenset[str]:
    """The analysers of the parts of a scope's data sources."""
    found = await connection.execute(_ANALYZERS, _sources(scope))
    return frozenset(name for (name,) in await found.fetchall())


async def read_matter(connection: Connection, scope: Scope, query: TermsQuery) -> Matter:
    """What is needed to rank the chunks of a scope.

    Of a very long query, only the postings of the terms that will count are read; what was removed and not
    yet compacted has a say in which those are.
    """
    terms = list(query.counts)
    if len(terms) > MOST_TERMS:
        terms = await _heaviest(connection, scope, query)
    async with connection.pipeline():
        parts = await connection.execute(_CORPUS, _sources(scope), binary=True)
        found = await connection.execute(_FOUND, (*_sources(scope), terms), binary=True)
        wanted = await _ask_wanted(connection, scope) if scope.where else None
    return Matter(
        _corpus(await parts.fetchall()),
        [_found_term(*row) for row in await found.fetchall()],
        None if wanted is None else np.array(await wanted.fetchall(), np.int64).reshape(-1, 3),
    )


async def read_hits(connection: Connection, best: Sequence[tuple[Place, float]], top_k: int) -> list[Hit]:
    """The hits at places, best first; equals by chunk id."""
    parts, places = [part for (part, _), _ in best], [place for (_, place), _ in best]
    found = await connection.execute(_CHUNK_IDS, (parts, places))
    rows = await found.fetchall()
    hits = [Hit(chunk_id, score) for (chunk_id,), (_, score) in zip(rows, best, strict=True)]
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:top_k]


async def count_scope(connection: Connection, scope: Scope) -> StoreCounts:
    """How many documents and chunks lie in a scope."""
    where, values = where_of(scope)
    found = await connection.execute(_COUNT.format(_IN_SCOPE.format(SQL(where))), values)
    row = await found.fetchone()
    return StoreCounts(*row) if row else StoreCounts()


async def _heaviest(connection: Connection, scope: Scope, query: TermsQuery) -> list[int]:
    corpus = _corpus(await (await connection.execute(_CORPUS, _sources(scope), binary=True)).fetchall())
    found = await connection.execute(_BYTES, (*_sources(scope), list(query.counts)))
    sizes = {term: int(size) // POSTING_BYTES for term, size in await found.fetchall()}
    frequencies = {term: min(size, corpus.chunks) for term, size in sizes.items()}
    return list(weights(query.counts, frequencies, corpus.chunks))


async def _ask_wanted(connection: Connection, scope: Scope) -> AsyncCursor[Any]:
    where, values = where_of(scope)
    return await connection.execute(_WANTED.format(_IN_SCOPE.format(SQL(where))), values, binary=True)


def _corpus(rows: Sequence[tuple[Any, ...]]) -> Corpus:
    gone = [
        (id_, first, last)
        for id_, *_, firsts, lasts in rows
        for first, last in zip(firsts, lasts, strict=True)
    ]
    return Corpus(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        sum(row[2] for row in rows),
        sum(row[3] for row in rows),
        np.array(gone, np.int64).reshape(-1, 3),
    )


def _sources(scope: Scope) -> tuple[Any, ...]:
    named = None if scope.datasource_ids is None else list(scope.datasource_ids)
    return scope.workspace_id, named, named


def _found_term(term: int, parts: bytes, sizes: bytes, data: bytes) -> FoundTerm:
    return FoundTerm(
        term,
        np.frombuffer(parts, ">i8").astype(np.int64),
        np.frombuffer(sizes, ">i4").astype(np.int64) // POSTING_BYTES,
        np.frombuffer(data, POSTING),
    )
