"""Recorded runs as tests: a journal is folded anew offline, and its decisions are compared."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import orjson

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, load
from liteagent.contracts.runs import Event
from liteagent.engine.runs.protocol import Program
from liteagent.engine.runs.replay import Replay, replay

__all__ = ["replay_run"]

_Opener: TypeAlias = Callable[[Mapping[str, Any]], Program[Any]]


def replay_run(path: str | Path, program: Program[Any] | None = None) -> Replay[Any]:
    """Fold the recorded run in the file `path` anew; nothing is called, and it takes milliseconds.

    Args:
        path: What `liteagent runs export-test` wrote.
        program: What decides; by default what the run was started with. Only its reducer is used.

    Raises:
        InvalidInputError: The file is no recorded run, or its kind is not known here.
        OSError: The file cannot be read.
    """
    kind, events = _read(Path(path))
    if program is not None:
        return replay(program, events)
    return replay(_program(kind, events[0].payload), events, parts_at_hand=False)


def _read(path: Path) -> tuple[str, list[Event]]:
    try:
        kept = orjson.loads(path.read_bytes())
        events = [
            Event(kept["id"], each["seq"], each["type"], each["payload"], each["at"], each["ref"])
            for each in kept["events"]
        ]
        kind = str(kept["kind"])
    except (ValueError, KeyError, TypeError):
        events, kind = [], ""
    if not events:
        raise InvalidInputError(
            f"{path.name} is no recorded run. Write one with `liteagent runs export-test RUN_ID`."
        )
    return kind, events


def _program(kind: str, started: JsonObject) -> Program[Any]:
    opener = _OPENERS.get(kind)
    if opener is None:
        raise InvalidInputError(f"A run of kind {kind!r} needs its own program: replay_run(path, program).")
    return opener(started)


def _chat(started: Mapping[str, Any]) -> Program[Any]:
    return _agent(started["definition"]["agent"])


def _agent(pinned: Any) -> Program[Any]:
    """The program of a turn of the agent that was pinned; it decides and calls nothing."""
    from liteagent.engine.agent.definition import AgentDefinition
    from liteagent.engine.agent.reducer import AgentReducer

    return Program(AgentReducer(load(AgentDefinition, pinned["definition"])), {})


def _indexing(started: Mapping[str, Any]) -> Program[Any]:
    from liteagent.engine.rag.indexing import IndexingReducer

    return Program(IndexingReducer(started), {})


def _workflow(started: Mapping[str, Any]) -> Program[Any]:
    from liteagent.engine.workflow.extensions import workflow_hooks
    from liteagent.engine.workflow.opening import PinnedWorkflow
    from liteagent.engine.workflow.services import Services

    pinned = PinnedWorkflow.from_json(started["definition"])
    services = workflow_hooks.services(Services(agent=_agent))
    return pinned.program(workflow_hooks.kind, services, workflow_hooks.bound())


_OPENERS: Mapping[str, _Opener] = MappingProxyType(
    {"chat": _chat, "indexing": _indexing, "workflow": _workflow}
)
