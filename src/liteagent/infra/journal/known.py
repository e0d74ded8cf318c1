"""What this process knows of runs from its own commits and reads: a hint, never the fence."""

import threading
from typing import NamedTuple

from liteagent.contracts.runs import RunRecord

__all__ = ["KnownRuns", "Standing"]


class Standing(NamedTuple):
    """A run's record as it was last moved, and the head that it has by now."""

    record: RunRecord
    head: int


class KnownRuns:
    """Where runs stood last. Heads only grow and a place is taken once, so old knowledge does no harm.

    Args:
        limit: How many are remembered; the ones that came first are forgotten first.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._standings: dict[str, Standing] = {}
        self._lock = threading.Lock()

    def before(self, run_id: str, seq: int) -> Standing | None:
        """The standing of a run that takes event `seq` next, as far as is known."""
        standing = self._standings.get(run_id)
        return standing if standing is not None and standing.head + 1 == seq else None

    def keep(self, standing: Standing) -> None:
        """Remember what was read, or committed; a run that has ended is forgotten."""
        run_id = standing.record.id
        with self._lock:
            if standing.record.status.ended:
                self._standings.pop(run_id, None)
                return
            self._standings[run_id] = standing
            if len(self._standings) > self._limit:
                del self._standings[next(iter(self._standings))]
