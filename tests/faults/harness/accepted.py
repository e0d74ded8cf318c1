"""What the server has promised: the accept log of the clients."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

__all__ = ["AcceptLog", "AcceptedTurn", "IndexedSource"]


@dataclass(frozen=True)
class AcceptedTurn:
    """A turn that the server has acknowledged, whatever came of it."""

    key: str
    run_id: str
    conversation_id: str
    question: str
    token: str


@dataclass(frozen=True)
class IndexedSource:
    """A data source whose indexing was accepted, and the words that its documents can be found by."""

    datasource_id: str
    tokens: tuple[str, ...]


@dataclass
class AcceptLog:
    """Each entry is on disk before its client does anything else."""

    path: Path
    turns: list[AcceptedTurn] = field(default_factory=list[AcceptedTurn])
    sources: list[IndexedSource] = field(default_factory=list[IndexedSource])

    def turn(self, turn: AcceptedTurn) -> None:
        """Note a turn once, however often its acceptance is repeated."""
        if turn not in self.turns:
            self.turns.append(turn)
            self._note({"turn": asdict(turn)})

    def source(self, source: IndexedSource) -> None:
        """Note a data source whose indexing was accepted."""
        self.sources.append(source)
        self._note({"source": asdict(source)})

    def _note(self, entry: object) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())
