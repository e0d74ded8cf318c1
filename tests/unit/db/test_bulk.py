"""Rows that are inserted past SQLAlchemy's own handling of values."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import JSON, Column, Integer, MetaData, String, Table, create_engine, select
from sqlalchemy.exc import IntegrityError

from liteagent.infra.db.base import UtcDateTime
from liteagent.infra.db.bulk import BulkInsert

_TABLE = Table(
    "things",
    MetaData(),
    Column("id", String, primary_key=True),
    Column("labels", JSON),
    Column("size", Integer),
    Column("made_at", UtcDateTime),
)
_INSERT = BulkInsert(_TABLE, ("id", "labels", "size"), ("made_at",))
_NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def test_rows_come_back_as_their_types_read_them() -> None:
    """Values that differ and values that are alike."""
    engine = create_engine("sqlite://")
    _TABLE.metadata.create_all(engine)
    with engine.begin() as connection:
        _INSERT.run(connection, [("a", '["x"]', 1), ("b", "[]", None)], {"made_at": _NOW})
        _INSERT.run(connection, [("c", "[]", 3)], {"made_at": _NOW})
        found = connection.execute(select(_TABLE).order_by(_TABLE.c.id)).all()
    assert [tuple(row) for row in found] == [
        ("a", ["x"], 1, _NOW),
        ("b", [], None, _NOW),
        ("c", [], 3, _NOW),
    ]


def test_no_rows_are_no_statement() -> None:
    """Not even a table is needed."""
    with create_engine("sqlite://").begin() as connection:
        _INSERT.run(connection, [], {"made_at": _NOW})


def test_what_the_database_refuses_is_raised() -> None:
    """As SQLAlchemy raises it elsewhere."""
    engine = create_engine("sqlite://")
    _TABLE.metadata.create_all(engine)
    with engine.begin() as connection, pytest.raises(IntegrityError):
        _INSERT.run(connection, [("a", "[]", 1), ("a", "[]", 2)], {"made_at": _NOW})
