"""The difference between two states of a run, as a patch that the journal keeps."""

from collections.abc import Mapping
from typing import Any, cast

import orjson

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.state import Frame, WorkflowState

__all__ = ["state_patch", "with_output"]

_NAMED = ("inputs", "vars")


def state_patch(before: WorkflowState, after: WorkflowState) -> JsonObject:
    """What was changed: `{"inputs": {...}, "vars": {...}, "outputs": {node path: value}}`; empty for nothing.

    Raises:
        InvalidInputError: Something else was changed, a name was removed, or a value is not JSON; the
            message names it.
    """
    for name in WorkflowState._fields:
        if name not in (*_NAMED, "frames") and _differs(getattr(before, name), getattr(after, name)):
            raise _refused(f"state.{name}")
    patch: dict[str, Any] = {
        name: _changed(getattr(before, name), getattr(after, name), f"state.{name}") for name in _NAMED
    }
    patch["outputs"] = _outputs(before.frames, after.frames)
    return {part: values for part, values in patch.items() if values}


def with_output(state: WorkflowState, path: str, output: JsonValue) -> WorkflowState:
    """The state with another output of the node at `path`; unchanged where its level is not at work."""
    place, _, node = path.rpartition("/")
    frame = state.frames.get(f"{place}/" if place else "")
    if frame is None:
        return state
    frame = frame.moved({**frame.outputs, node: output}, frame.arrivals, frame.busy, frame.last)
    frames = {**state.frames, frame.key: frame}
    return state.moved(state.seq, state.now, state.steps, frames, state.ready, state.active)


def _outputs(before: Mapping[str, Frame], after: Mapping[str, Frame]) -> dict[str, JsonValue]:
    if before is after:
        return {}
    if before.keys() != after.keys():
        raise _refused("state.frames")
    found: dict[str, JsonValue] = {}
    for key, frame in before.items():
        other = after[key]
        for name in Frame._fields:
            if name != "outputs" and _differs(getattr(frame, name), getattr(other, name)):
                raise _refused(f"state.frames[{key!r}].{name}")
        if new := other.outputs.keys() - frame.outputs.keys():
            raise InvalidInputError(
                f"The node {key + min(new)!r} has not ended, so it has no output to change."
            )
        changed = _changed(frame.outputs, other.outputs, f"state.frames[{key!r}].outputs")
        found.update({f"{key}{node}": value for node, value in changed.items()})
    return found


def _changed(before: JsonObject, after: JsonObject, place: str) -> dict[str, JsonValue]:
    if before is after:
        return {}
    if gone := before.keys() - after.keys():
        raise InvalidInputError(f"{place}[{min(gone)!r}] cannot be removed. Set it to None instead.")
    return {
        str(name): _json(value, f"{place}[{name!r}]")
        for name, value in after.items()
        if name not in before or _differs_as_json(before[name], value, f"{place}[{name!r}]")
    }


def _differs_as_json(before: JsonValue, after: JsonValue, place: str) -> bool:
    """Whether two values differ in the journal, where true is not 1."""
    return before is not after and _written(before, place) != _written(after, place)


def _differs(before: object, after: object) -> bool:
    return before is not after and before != after


def _json(value: JsonValue, place: str) -> JsonValue:
    return cast("JsonValue", orjson.loads(_written(value, place)))


def _written(value: JsonValue, place: str) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError as error:
        raise InvalidInputError(f"{place} is not JSON: {error}. Give plain data.") from None


def _refused(place: str) -> InvalidInputError:
    return InvalidInputError(
        f"{place} cannot be changed. Change vars and inputs, or outputs of nodes that have ended."
    )
