"""Pages of a list, newest first, by ids that sort by creation."""

import base64
import binascii
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from liteagent.contracts.errors import InvalidInputError

__all__ = ["Page", "page"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and the cursor of the page after them; None if there is none."""

    items: Sequence[T]
    next_cursor: str | None = None


def page(
    session: Session,
    query: Select[T],
    id_column: InstrumentedAttribute[str],
    *,
    limit: int,
    cursor: str | None,
) -> Page[T]:
    """At most `limit` results of `query` that are older than `cursor`, newest first.

    Rows that are made while somebody pages shift nothing and come up on no later page.

    Raises:
        InvalidInputError: `cursor` is not one that we gave out.
    """
    if cursor is not None:
        query = query.where(id_column < _decode(cursor))
    with_id: Select[Any] = query.add_columns(id_column).order_by(id_column.desc()).limit(limit + 1)
    rows = session.execute(with_id).all()
    more = len(rows) > limit
    rows = rows[:limit]
    return Page([row[0] for row in rows], _encode(rows[-1][-1]) if more else None)


def _encode(last_id: str) -> str:
    return base64.urlsafe_b64encode(uuid.UUID(last_id).bytes).decode().rstrip("=")


def _decode(cursor: str) -> str:
    try:
        last_id = str(uuid.UUID(bytes=base64.urlsafe_b64decode(cursor.encode() + b"==")))
    except (ValueError, binascii.Error):
        last_id = ""
    if not last_id or _encode(last_id) != cursor:
        message = "The cursor is not one from a `next_cursor`. Start again without it."
        raise InvalidInputError(message, code="invalid_cursor")
    return last_id
