"""Statements that run many times a second on one Postgres connection: parsed and planned once for each.

Where every statement is its own transaction they go straight to libpq, which waits for the answer without the
interpreter: the driver's cursors cost more than the server does. Within a transaction, which the driver has
to begin, a cursor runs them.
"""

from collections.abc import Sequence
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

__all__ = ["Statement"]

_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Statement:
    """A statement that returns no rows, with `$1`, `$2`… for texts.

    Args:
        name: Of the prepared statement, unique among those of a connection.
        query: The SQL; it casts each value from text.
    """

    def __init__(self, name: str, query: str) -> None:
        self._name, self._query = name.encode(), query.encode()
        self._prepared = WeakSet["psycopg.Connection[Any]"]()

    def run(self, connection: "psycopg.Connection[Any]", values: Sequence[bytes]) -> None:
        """Execute it; the values hold no NUL.

        Raises:
            psycopg.Error: As the driver raises it.
        """
        if not connection.autocommit:
            psycopg.RawCursor(connection).execute(self._query, [value.decode() for value in values])
            return
        if connection not in self._prepared:
            _check(connection.pgconn.prepare(self._name, self._query))
            self._prepared.add(connection)
        _check(connection.pgconn.exec_prepared(self._name, values))


def _check(result: PGresult) -> None:
    if result.status in _DONE:
        return
    error = psycopg.errors.error_from_result(result, "utf-8")
    if error.sqlstate is None:  # it comes from libpq: the connection is lost
        raise psycopg.OperationalError(str(error))
    raise error
