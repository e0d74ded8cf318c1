"""The last commit of each writer of a Postgres database, so that one whose answer was lost can be told apart.

The status of a transaction's id does not tell: after a crash the server may give the same id to another one.
"""

from uuid import uuid4

from sqlalchemy import BigInteger, Connection, String, text
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Timestamps

__all__ = ["CommitMark", "CommitRow"]

_FORGET = "DELETE FROM commits WHERE updated_at < now() - interval '1 day'"
_NOTE = """INSERT INTO commits (writer, number) VALUES (:writer, :number)
           ON CONFLICT (writer) DO UPDATE SET number = excluded.number, updated_at = now()"""
_ASK = "SELECT 1 FROM commits WHERE writer = :writer AND number = :number"


class CommitRow(Timestamps, Base):
    """A writer and the number of its last commit."""

    __tablename__ = "commits"

    writer: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


class CommitMark:
    """Numbers the commits of one writer; before the first migration, where the table is missing, in vain."""

    def __init__(self) -> None:
        self._writer = str(uuid4())
        self._number = 0
        self._is_seen = self._is_known = False

    def note(self, connection: Connection) -> int:
        """Give the transaction that is about to be committed a number."""
        self._number += 1
        if self._is_known or self._look(connection):
            connection.execute(text(_NOTE), {"writer": self._writer, "number": self._number})
        return self._number

    def has(self, connection: Connection, number: int) -> bool:
        """Whether the transaction of that number was committed."""
        values = {"writer": self._writer, "number": number}
        return self._look(connection) and connection.execute(text(_ASK), values).scalar() is not None

    def keep(self) -> None:
        """A transaction was committed: a table that it saw is there for good."""
        self._is_known = self._is_seen

    def _look(self, connection: Connection) -> bool:
        self._is_seen = connection.execute(text("SELECT to_regclass('commits')")).scalar() is not None
        if self._is_seen:
            connection.execute(text(_FORGET))
        return self._is_seen
