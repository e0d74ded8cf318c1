"""Many rows at once, past what SQLAlchemy does for every value of every row."""

from collections.abc import Mapping, Sequence
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
        self._statements: dict[str, tuple[str, tuple[str, ...] | None]] = {}

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
        statement, order = self._statement(connection.dialect)
        alike = {name: self._bound(name, value, connection.dialect) for name, value in (same or {}).items()}
        named = [{**alike, **dict(zip(self._columns, row, strict=True))} for row in rows]
        if order is None:
            connection.exec_driver_sql(statement, named)
        else:
            connection.exec_driver_sql(statement, [tuple(row[name] for name in order) for row in named])

    def _statement(self, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
        if dialect.name not in self._statements:
            names = [*self._columns, *self._same]
            compiled: Any = insert(self._table).compile(dialect=dialect, column_keys=names)
            order = tuple(compiled.positiontup) if compiled.positional else None
            self._statements[dialect.name] = (str(compiled), order)
        return self._statements[dialect.name]

    def _bound(self, name: str, value: object, dialect: Dialect) -> object:
        process: Any = self._table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        return value if process is None else process(value)
