"""What is kept of the configuration is void with the next change of it."""

from pathlib import Path

import pytest
from sqlalchemy import String, delete
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from liteagent.infra.db.changes import UNCOUNTED, Changes
from liteagent.infra.db.kept import Kept
from liteagent.infra.db.sqlite import SqliteDatabase


class _Base(DeclarativeBase):
    pass


class _Row(_Base):
    __tablename__ = "agents"
    id: Mapped[str] = mapped_column(String(10), primary_key=True)


class _Quiet(_Base):
    __tablename__ = "messages"
    id: Mapped[str] = mapped_column(String(10), primary_key=True)


async def test_only_changes_of_the_configuration_count(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "x.db")
    await database.write(lambda session: _Base.metadata.create_all(session.connection()))
    before = database.changes.number
    await database.write(lambda session: session.add(_Quiet(id="a")))
    await database.write(lambda session: session.execute(delete(_Quiet)))
    await database.read(lambda session: session.get(_Row, "a"))
    assert database.changes.number == before
    await database.write(lambda session: session.add(_Row(id="a")))
    after_insert = database.changes.number
    await database.write(lambda session: session.execute(delete(_Row)))
    assert before < after_insert < database.changes.number
    await database.close()


async def test_what_fails_is_counted_at_worst(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "x.db")
    await database.write(lambda session: _Base.metadata.create_all(session.connection()))

    def work(session: Session) -> None:
        session.add(_Row(id="a"))
        session.flush()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.write(work)
    assert await database.read(lambda session: session.get(_Row, "a")) is None
    await database.close()


async def test_a_value_is_read_once_until_something_changes() -> None:
    changes = Changes()
    kept: Kept[str, int] = Kept(changes, seconds=60)
    reads: list[int] = []

    async def read() -> int:
        reads.append(len(reads))
        return len(reads)

    assert [await kept.get("a", read) for _ in range(3)] == [1, 1, 1]
    changes.note()
    changes.settle()
    assert await kept.get("a", read) == 2
    assert await kept.get("b", read) == 3


def test_tables_that_do_not_count_are_there() -> None:
    from liteagent.app.tables import metadata

    assert set(metadata.tables) >= UNCOUNTED
