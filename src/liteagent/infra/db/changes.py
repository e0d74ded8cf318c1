"""How often this process has changed what users configure, so that what was read of it may be kept.

Whoever keeps something notes the number before it reads, and reads again once the number is another one. What
other processes change is not counted: nothing is to be kept for longer than a moment.
"""

from sqlalchemy import Engine, event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

__all__ = ["UNCOUNTED", "Changes"]

UNCOUNTED = frozenset(
    {
        *("runs", "run_events", "run_snapshots", "inbox", "outbox", "workers", "commits"),
        *("conversations", "messages", "idempotency_keys"),
        *("budget_uses", "budget_reservations"),
        *("documents", "chunks", "lexical_terms", "document_vectors"),
        "trigger_deliveries",
    }
)
"""Tables that grow by themselves: nothing that is kept is made of them."""

_OPTION = "liteagent_changes"


class Changes:
    """Counts the changes of one database.

    Attributes:
        number: Grows with them, at the latest when the write that made one has returned.
    """

    def __init__(self) -> None:
        self.number = 0
        self._noted = self._settled = 0

    def count(self, engine: Engine) -> None:
        """Count what is written through an engine."""
        engine.update_execution_options(**{_OPTION: self})

    def note(self) -> None:
        """Something was written that will be committed; called in the thread that writes."""
        self._noted += 1

    def settle(self) -> None:
        """A write has returned."""
        if self._noted != self._settled:
            self._settled = self._noted
            self.number += 1


@event.listens_for(Session, "after_flush")
def _on_flush(session: Session, _context: UOWTransaction) -> None:
    changes = _changes_of(session)
    if changes is not None:
        changed = (*session.new, *session.dirty, *session.deleted)
        if any(getattr(row, "__tablename__", "") not in UNCOUNTED for row in changed):
            changes.note()


@event.listens_for(Session, "do_orm_execute")
def _on_statement(state: ORMExecuteState) -> None:
    if state.is_select:
        return
    changes = _changes_of(state.session)
    tables = {str(mapper.local_table.description) for mapper in state.all_mappers}
    if changes is not None and not (tables and tables <= UNCOUNTED):
        changes.note()


def _changes_of(session: Session) -> Changes | None:
    found: object = session.connection().get_execution_options().get(_OPTION)
    return found if isinstance(found, Changes) else None
