"""What a node sees: inputs, variables, and the outputs of whatever has finished around it."""

from collections.abc import Iterator, Mapping

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.state import Frame, WorkflowState

__all__ = ["NodeScope"]


class NodeScope(Mapping[str, JsonValue]):
    """The scope of one node at one moment; names are looked up when they are asked for.

    Args:
        state: The run.
        frame: Where the node stands.
        sources: The nodes that led to it, in the order they ended; `output` is the last one's.
    """

    __slots__ = ("_frame", "_sources", "_state")

    def __init__(self, state: WorkflowState, frame: Frame, sources: tuple[str, ...]) -> None:
        self._state = state
        self._frame = frame
        self._sources = sources

    def __getitem__(self, name: str) -> JsonValue:
        """The value of a name.

        Raises:
            KeyError: There is no such name, or that node has not finished.
        """
        match name:
            case "input":
                return self._input()
            case "output":
                return self._output()
            case "inputs":
                return self._around(name, self._state.inputs)
            case "vars":
                return self._state.vars
            case "run":
                return {"id": self._state.run_id, "started_at": self._state.started_at}
            case _:
                return self._node(name)

    def __iter__(self) -> Iterator[str]:
        """Every name there is."""
        yield from ("input", "inputs", "output", "run", "vars")
        for frame in self._frames():
            yield from frame.names
            yield from frame.outputs

    def __len__(self) -> int:
        """How many names there are."""
        return sum(1 for _ in self)

    def _output(self) -> JsonValue:
        if self._sources:
            return self._frame.outputs.get(self._sources[-1])
        return self._around("item", self._around("inputs", self._state.inputs))

    def _input(self) -> JsonObject:
        if len(self._sources) > 1:
            return {source: self._frame.outputs.get(source) for source in self._sources}
        output = self._output()
        return output if isinstance(output, dict) else {"output": output}

    def _around(self, name: str, otherwise: JsonValue) -> JsonValue:
        for frame in self._frames():
            if name in frame.names:
                return frame.names[name]
        return otherwise

    def _node(self, name: str) -> JsonValue:
        for frame in self._frames():
            if name in frame.names:
                return frame.names[name]
            if name in frame.outputs:
                error = frame.errors.get(name)
                output = frame.outputs[name]
                return {"output": output} if error is None else {"output": output, "error": error}
        raise KeyError(name)

    def _frames(self) -> Iterator[Frame]:
        """The own frame and those around it, as far as they are seen from here."""
        frame: Frame | None = self._frame
        while frame is not None:
            yield frame
            isolated = "inputs" in frame.names
            frame = None if isolated or frame.parent is None else self._state.frames.get(frame.parent)
