"""Many rows at once, past what SQLAlchemy does for every value of every row."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert

__all__ = ["BulkInsert"]


class BulkInsert:
    """An INSERT whose statement is compiled once for each kind of database.

    Args:
        table: Where rows go.
        columns: Those that differ from row to row.
        same: Those that are alike in all rows of a call.
    """

    def __init__(self, table: Table, columns: Sequence[str], same: Sequence[str]) -> None:
        self._table = table
        self._columns = tuple(columns)
        self._same = tuple(same)
        self._statements: dict[str, tuple[str, Callable[[Sequence[Any]], Any]]] = {}

    def run(
        self, connection: Connection, rows: Sequence[Sequence[Any]], same: Mapping[str, Any] | None = None
    ) -> None:
        """Insert rows.

        Args:
            connection: In a transaction.
            rows: Values as the driver takes them (JSON as text), in the order of the columns.
            same: Values as the columns' types take them.
        """
        if not rows:
            return
        statement, arranged = self._statement(connection.dialect)
        given = same or {}
        alike = [self._bound(name, given[name], connection.dialect) for name in self._same]
        connection.exec_driver_sql(statement, [arranged((*row, *alike)) for row in rows])

    def _statement(self, dialect: Dialect) -> tuple[str, Callable[[Sequence[Any]], Any]]:
        """The statement, and what puts a row's values in the form that the driver wants them in."""
        if dialect.name not in self._statements:
            names = (*self._columns, *self._same)
            compiled: Any = insert(self._table).compile(dialect=dialect, column_keys=[*names])
            places = [names.index(name) for name in compiled.positiontup] if compiled.positional else None
            arranged = partial(_named, names) if places is None else itemgetter(*places)
            self._statements[dialect.name] = (str(compiled), arranged)
        return self._statements[dialect.name]

    def _bound(self, name: str, value: object, dialect: Dialect) -> object:
        process: Any = self._table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        return value if process is None else process(value)


def _named(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))
