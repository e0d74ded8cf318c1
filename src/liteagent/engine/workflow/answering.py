"""The answers of a run as they are being written, in the order of their templates.

An `answer` node says its text when everything in it is there. Whoever watches the run need not wait for that:
once it is sure that an answer will be given, its words up to the first one that is missing can be shown, and
the model that writes it may still be writing. Models may run side by side; what a later one says waits for
the earlier. Where what was shown turns out to be something else, the text is begun anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.templates import compile_template
from liteagent.engine.workflow.types import Graph, NodeDefinition, NodeType

__all__ = ["AnswerStream", "Said"]

_SPEAKING = (NodeType.AGENT, NodeType.LLM)
_OUTPUT = ".output"


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of the answer of `node`; `attempt` grows when the text is begun anew."""

    node: str
    text: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class _Literal:
    text: str


@dataclass(frozen=True, slots=True)
class _Output:
    """The whole output of a node. What a node says is shown as it comes only where it is its output."""

    node: str
    live: bool


_Part: TypeAlias = _Literal | _Output | None
"""None is what can only be computed when everything is there."""


@dataclass(slots=True)
class _Answer:
    """How much of an answer is shown, and whether it is all there is."""

    node: str
    parts: Sequence[_Part]
    whole: str | None = None
    shown: str = ""
    attempt: int = 1


@dataclass(slots=True)
class _Node:
    text: str = ""
    output: JsonValue = None
    ended: bool = False


@dataclass(slots=True)
class AnswerStream:
    """Follows one run, from its first event on. Nodes are those of the flow's outermost level.

    Each method gives what is to be shown after it.
    """

    workflow: WorkflowDefinition
    _answers: dict[str, _Answer] = field(init=False)
    _nodes: dict[str, _Node] = field(init=False)
    _sure: dict[str, None] = field(init=False)

    def __post_init__(self) -> None:
        graph = self.workflow.graph
        said = (node for node in graph.nodes if node.type == NodeType.ANSWER)
        self._answers = {node.id: _Answer(node.id, _parts(node, graph)) for node in said}
        self._nodes = {node.id: _Node() for node in graph.nodes}
        self._sure = {}

    @property
    def speakers(self) -> frozenset[str]:
        """The nodes whose words are shown as a part of an answer."""
        parts = (part for answer in self._answers.values() for part in answer.parts)
        return frozenset(part.node for part in parts if isinstance(part, _Output) and part.live)

    def started(self) -> list[Said]:
        """The run has begun."""
        targets = {edge.target for edge in self.workflow.edges}
        for node in self.workflow.nodes:
            if node.id not in targets:
                self._be_sure(node.id)
        return self._shown()

    def begun(self, node: str) -> list[Said]:
        """A node has begun, for the first time or again, or goes on with new words."""
        if node in self._nodes:
            self._nodes[node].text = ""
            self._be_sure(node)
        return self._shown()

    def heard(self, node: str, text: str) -> list[Said]:
        """A node says something."""
        if node in self._nodes:
            self._nodes[node].text += text
        return self._shown()

    def completed(self, node: str, output: JsonValue, label: str | None = None) -> list[Said]:
        """A node has ended with an output, and takes the ways of `label`."""
        if node not in self._nodes:
            return []
        self._nodes[node] = _Node(output=output, ended=True)
        self._be_sure(node)
        for edge in self.workflow.edges:
            if edge.source == node and edge.label == label:
                self._be_sure(edge.target)
        if answer := self._answers.get(node):
            answer.whole = output if isinstance(output, str) else ""
        return self._shown()

    def ended(self) -> list[Said]:
        """The run has ended: an answer that did not come keeps none from being shown that did."""
        for node in [each for each in self._sure if each in self._answers]:
            if self._answers[node].whole is None:
                del self._sure[node]
        return self._shown()

    def again(self) -> list[Said]:
        """For a reader who has just come: the text in progress from its beginning."""
        answer = self._current()
        if answer is None or not answer.shown:
            return []
        answer.attempt += 1
        return [Said(answer.node, answer.shown, answer.attempt)]

    def _be_sure(self, node: str) -> None:
        """A node will run, and so will what follows it whatever its outcome."""
        waiting = [node]
        while waiting:
            each = waiting.pop(0)
            if each not in self._sure:
                self._sure[each] = None
                waiting += [
                    edge.target for edge in self.workflow.edges if edge.source == each and not edge.label
                ]

    def _current(self) -> _Answer | None:
        """The first answer that will be given and is not shown in whole."""
        answers = (self._answers[node] for node in self._sure if node in self._answers)
        return next((each for each in answers if each.whole is None or each.shown != each.whole), None)

    def _shown(self) -> list[Said]:
        said: list[Said] = []
        while answer := self._current():
            text = self._known(answer) if answer.whole is None else answer.whole
            if not text.startswith(answer.shown):
                answer.attempt, answer.shown = answer.attempt + 1, ""
            if text != answer.shown:
                said.append(Said(answer.node, text[len(answer.shown) :], answer.attempt))
                answer.shown = text
            if answer.whole is None:
                break
        return said

    def _known(self, answer: _Answer) -> str:
        """The words of an answer up to the first that are missing."""
        known = ""
        for part in answer.parts:
            if isinstance(part, _Literal):
                known += part.text
                continue
            node = None if part is None else self._nodes[part.node]
            if node is None or not node.ended:
                return known + node.text if node is not None and part is not None and part.live else known
            if not isinstance(node.output, str):
                return known
            known += node.output
        return known


def _parts(answer: NodeDefinition, graph: Graph) -> list[_Part]:
    text = answer.config.get("text")
    parts = compile_template(text).parts if isinstance(text, str) else ()
    return [
        _Literal(part) if isinstance(part, str) else _reference(part.text.strip(), answer, graph)
        for part in parts
    ]


def _reference(text: str, answer: NodeDefinition, graph: Graph) -> _Output | None:
    """The node whose whole output an expression is."""
    before = [edge.source for edge in graph.edges if edge.target == answer.id]
    name = before[0] if text == "output" and len(before) == 1 else text.removesuffix(_OUTPUT)
    node = graph.node(name)
    if node is None or (text != "output" and not text.endswith(_OUTPUT)):
        return None
    return _Output(name, node.type in _SPEAKING and _is_text(node.config.get("output")))


def _is_text(schema: JsonValue) -> bool:
    return schema is None or (
        isinstance(schema, Mapping) and cast("JsonObject", schema).get("type") == "string"
    )
