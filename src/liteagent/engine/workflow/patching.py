"""Changes of a run's state from outside its nodes: a hook's, or a fork's."""

from collections.abc import Mapping
from typing import Any, cast

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.engine.workflow.state import WorkflowState

__all__ = ["check_patch", "patched"]

_PARTS = ("inputs", "vars", "outputs")


def check_patch(patch: JsonObject) -> None:
    """Whether `patched` can apply it: `{"inputs": {...}, "vars": {...}, "outputs": {node path: value}}`.

    Raises:
        InvalidInputError: It has another shape; the message says which part.
    """
    for part, values in patch.items():
        if part not in _PARTS:
            raise InvalidInputError(
                f"A patch has no {part!r}; it takes {', '.join(_PARTS)}.", details={"field": f"patch.{part}"}
            )
        if not isinstance(values, Mapping):
            raise InvalidInputError(
                f"`{part}` of a patch is an object of names and values.", details={"field": f"patch.{part}"}
            )


def patched(state: WorkflowState, patch: JsonObject) -> WorkflowState:
    """The state with the patch's values; outputs of nodes that have not ended are left alone."""
    changes = cast("Mapping[str, Mapping[str, Any]]", patch)
    state = state._replace(
        inputs={**state.inputs, **changes.get("inputs", {})}, vars={**state.vars, **changes.get("vars", {})}
    )
    for path, value in changes.get("outputs", {}).items():
        place, _, node = path.rpartition("/")
        frame = state.frames.get(f"{place}/" if place else "")
        if frame is not None and node in frame.outputs:
            frame = frame._replace(outputs={**frame.outputs, node: value})
            state = state._replace(frames={**state.frames, frame.key: frame})
    return state
