"""A workflow written in Python: one call a node, one call an edge."""

# ruff: noqa: A002  `id` and `type` are the words of the documents

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from keyword import iskeyword
from typing import Any, Final, Literal, Self, TypeAlias, cast

from liteagent.contracts.json import JsonObject
from liteagent.engine.workflow.document_reader import node_keys
from liteagent.engine.workflow.plain_data import plain
from liteagent.engine.workflow.problems import Problem, invalid, meant, shown
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.structure import check_structure
from liteagent.engine.workflow.types import (
    ERROR,
    Default,
    Edge,
    Graph,
    InputDefinition,
    Limits,
    NodeDefinition,
    RetryPolicy,
)

__all__ = ["BodySource", "Effect", "InputSource", "WorkflowBuilder"]

Effect: TypeAlias = Literal["pure", "safe", "idempotent", "unsafe"]

InputSource: TypeAlias = InputDefinition | str | Mapping[str, Any]
"""An input: whole, its type alone, or its fields."""

BodySource: TypeAlias = "WorkflowBuilder | Graph | Callable[[WorkflowBuilder], object]"
"""What stands inside a `loop` or `iterate`: a builder, its graph, or a function that fills a builder."""

_UNSET: Final[Any] = object()
_USUAL = Limits()
_CONDITION_RESULT = "condition_result"


class WorkflowBuilder:
    """Builds a `WorkflowDefinition`; each call returns the builder.

    Every `add_*` also takes what all nodes take: `retry` (a RetryPolicy, or how often to try), `timeout` in
    seconds, and `default`, the output of a node that has failed for good. A field whose name is a keyword of
    Python is written with an underscore: `while_`, `with_`.

    Example:
        ```python
        workflow = (
            WorkflowBuilder("triage", "Ticket triage")
            .add_start(inputs={"ticket": "string"})
            .add_agent("classify", purpose="Say if this ticket is urgent")
            .add_condition("check", "classify.output == 'urgent'")
            .add_end()
            .connect("start", "classify")
            .connect("classify", "check")
            .connect("check", "end", True)
            .build()
        )
        ```
    """

    def __init__(self, id: str = "body", name: str = "", description: str = "") -> None:
        self._id = id
        self._name = name
        self._description = description
        self._inputs: dict[str, InputDefinition] = {}
        self._nodes: list[NodeDefinition] = []
        self._edges: list[Edge] = []
        self._limits = Limits()
        self._layout: dict[str, tuple[float, float]] = {}
        self._functions: dict[str, Callable[..., Any]] = {}

    def add_node(
        self,
        id: str,
        type: str,
        /,
        *,
        retry: RetryPolicy | int | None = None,
        timeout: float | None = _UNSET,
        default: Any = _UNSET,
        nodes: "BodySource | None" = None,
        **config: Any,
    ) -> Self:
        """A node of any type, a plugged one too; `config` is what that type takes, `nodes` its body.

        Raises:
            InvalidInputError: The config is no JSON.
        """
        place = f"nodes.{id}"
        written = {_key(key): value for key, value in config.items()}
        if timeout is not _UNSET and "timeout" not in node_keys(type):
            written["timeout"] = timeout
        self._nodes.append(
            NodeDefinition(
                id=id,
                type=str(type),
                config=cast("JsonObject", plain(written, place)),
                retry=RetryPolicy(attempts=retry) if isinstance(retry, int) else retry or RetryPolicy(),
                timeout=None if timeout is _UNSET or "timeout" in written else timeout,
                default=None if default is _UNSET else Default(plain(default, f"{place}.default")),
                body=None if nodes is None else self._body(nodes),
            )
        )
        return self

    def inputs(self, inputs: Mapping[str, InputSource]) -> Self:
        """What a run is given, by name.

        Raises:
            InvalidInputError: An input has a field that there is not.
        """
        self._inputs |= {name: _input(name, source) for name, source in inputs.items()}
        return self

    def add_start(self, id: str = "start", inputs: Mapping[str, InputSource] | None = None) -> Self:
        """Where a run begins, and what it is given: see `inputs`."""
        return self.inputs(inputs or {}).add_node(id, "start")

    def add_end(self, id: str = "end", outputs: Mapping[str, Any] | None = None) -> Self:
        """Where a run ends; `outputs` are templates by name."""
        return self.add_node(id, "end", **_given(outputs=outputs))

    def add_answer(self, id: str, text: str, **config: Any) -> Self:
        """Text for whoever talks to the flow, streamed as it comes."""
        return self.add_node(id, "answer", text=text, **config)

    def add_agent(self, id: str, purpose: str | None = None, **config: Any) -> Self:
        """A turn of an agent: one made for this `purpose`, or one that `agent` names."""
        return self.add_node(id, "agent", **_given(purpose=purpose), **config)

    def add_llm(self, id: str, prompt: str, **config: Any) -> Self:
        """One call of a model."""
        return self.add_node(id, "llm", prompt=prompt, **config)

    def add_condition(self, id: str, when: str | None = None, **config: Any) -> Self:
        """A way that forks: edges out are labelled true and false."""
        return self.add_node(id, "condition", **_given(when=when), **config)

    def add_switch(self, id: str, cases: Mapping[str, str], **config: Any) -> Self:
        """A way that forks by the first case that holds; edges out are labelled with its name, or default."""
        return self.add_node(id, "switch", cases=cases, **config)

    def add_transform(self, id: str, expression: str | None = None, **config: Any) -> Self:
        """A value made out of others: by an `expression`, or `value` with templates in it."""
        return self.add_node(id, "transform", **_given(expression=expression), **config)

    def add_code(self, id: str, code: str, **config: Any) -> Self:
        """Code that runs in the sandbox."""
        return self.add_node(id, "code", code=code, **config)

    def add_template(self, id: str, template: str, **config: Any) -> Self:
        """Text out of a Jinja2 template, rendered in the sandbox."""
        return self.add_node(id, "template", template=template, **config)

    def add_human(self, id: str, question: str, options: Sequence[str] | None = None, **config: Any) -> Self:
        """A question to a person; edges out may be labelled with an option, or timeout."""
        return self.add_node(id, "human", question=question, **_given(options=options), **config)

    def add_retrieve(
        self, id: str, datasources: Sequence[str], query: str | None = None, **config: Any
    ) -> Self:
        """Passages of data sources."""
        return self.add_node(id, "retrieve", datasources=datasources, **_given(query=query), **config)

    def add_http(self, id: str, url: str, method: str | None = None, **config: Any) -> Self:
        """A request to another service."""
        return self.add_node(id, "http", **_given(method=method), url=url, **config)

    def add_tool(self, id: str, tool: str, arguments: Mapping[str, Any] | None = None, **config: Any) -> Self:
        """A call of a tool."""
        return self.add_node(id, "tool", tool=tool, **_given(arguments=arguments), **config)

    def add_classify(self, id: str, classes: Mapping[str, str] | Sequence[str], **config: Any) -> Self:
        """A model puts a text into one of several classes; edges out are labelled with them."""
        return self.add_node(id, "classify", classes=classes, **config)

    def add_extract(self, id: str, schema: Mapping[str, Any], **config: Any) -> Self:
        """A model reads fields out of a text."""
        return self.add_node(id, "extract", schema=schema, **config)

    def add_assign(
        self,
        id: str,
        set: Mapping[str, Any] | None = None,
        append: Mapping[str, Any] | None = None,
        **config: Any,
    ) -> Self:
        """Variables of the run are set, or lists among them grow."""
        return self.add_node(id, "assign", **_given(set=set, append=append), **config)

    def add_aggregate(self, id: str, from_: Sequence[str], **config: Any) -> Self:
        """The outputs of several nodes come together in one value."""
        return self.add_node(id, "aggregate", from_=from_, **config)

    def add_list(self, id: str, items: Any, **config: Any) -> Self:
        """A list is filtered, changed, sorted or cut."""
        return self.add_node(id, "list", items=items, **config)

    def add_document(self, id: str, datasource: str, documents: str | Sequence[str], **config: Any) -> Self:
        """The text of documents of a data source."""
        return self.add_node(id, "document", datasource=datasource, documents=documents, **config)

    def add_iterate(self, id: str, items: Any, body: BodySource, **config: Any) -> Self:
        """The body runs once for each item of a list."""
        return self.add_node(id, "iterate", items=items, nodes=body, **config)

    def add_loop(self, id: str, body: BodySource, **config: Any) -> Self:
        """The body runs again and again, `while_` or `until` something holds, `max` times at most."""
        return self.add_node(id, "loop", nodes=body, **config)

    def add_workflow(
        self, id: str, workflow: str, inputs: Mapping[str, Any] | None = None, **config: Any
    ) -> Self:
        """Another flow, as one node."""
        return self.add_node(id, "workflow", workflow=workflow, **_given(inputs=inputs), **config)

    def add_wait(self, id: str, seconds: float | str | None = None, **config: Any) -> Self:
        """Nothing happens for some `seconds`, or `until` a moment."""
        return self.add_node(id, "wait", **_given(seconds=seconds), **config)

    def add_function(
        self,
        name: str,
        fn: Callable[..., Any],
        effect: Effect = "unsafe",
        inputs: Mapping[str, Any] | None = None,
        *,
        retry: RetryPolicy | int | None = None,
        timeout: float | None = None,
        default: Any = _UNSET,
    ) -> Self:
        """A Python function `fn(inputs: dict) -> dict`, sync or async; such a flow runs in Python only.

        `effect` is what may be done about a call whose result was lost: `pure` and `safe` repeat it,
        `idempotent` repeats it with the same key, `unsafe` asks a human. `inputs` are templates by name.
        """
        self._functions[name] = fn
        common: dict[str, Any] = {"retry": retry, "timeout": timeout, "default": default}
        return self.add_node(name, "function", effect=effect, **_given(inputs=inputs), **common)

    def connect(self, source: str, target: str, label: str | bool | None = None) -> Self:
        """An edge; `label` is the outcome that takes it, and `condition_result` means true."""
        if label == _CONDITION_RESULT:
            label = True
        word = ("true" if label else "false") if isinstance(label, bool) else label
        self._edges.append(Edge(source, target, word))
        return self

    def connect_error(self, source: str, target: str) -> Self:
        """The edge that is taken when `source` has failed for good."""
        return self.connect(source, target, ERROR)

    def limits(
        self,
        *,
        steps: int = _USUAL.steps,
        seconds: float | None = None,
        depth: int = _USUAL.depth,
        cost: float | None = None,
    ) -> Self:
        """What a run may use: see `Limits`."""
        self._limits = Limits(steps, seconds, depth, cost)
        return self

    def layout(self, places: Mapping[str, tuple[float, float]]) -> Self:
        """Where the canvas shows nodes, as (x, y) by id."""
        self._layout |= {name: (float(x), float(y)) for name, (x, y) in places.items()}
        return self

    def graph(self) -> Graph:
        """The nodes and edges so far."""
        return Graph(tuple(self._nodes), tuple(self._edges))

    def build(self, validate: bool = True) -> WorkflowDefinition:
        """The workflow.

        Args:
            validate: Whether its structure is checked; what needs the node types is checked by `check`.

        Raises:
            InvalidInputError: `workflow_invalid`: the structure is wrong; the problems name node and field.
        """
        definition = WorkflowDefinition(
            id=self._id,
            name=self._name,
            description=self._description,
            inputs=dict(self._inputs),
            graph=self.graph(),
            limits=self._limits,
            layout=dict(self._layout),
            functions=dict(self._functions),
        )
        if validate:
            check_structure(definition)
        return definition

    def _body(self, source: BodySource) -> Graph:
        if isinstance(source, Graph):
            return source
        if isinstance(source, WorkflowBuilder):
            inner = source
        else:
            inner = WorkflowBuilder()
            source(inner)
        self._functions |= inner._functions
        self._layout |= inner._layout
        return inner.graph()


def _key(name: str) -> str:
    """`while_` is how Python writes `while`."""
    return name.removesuffix("_") if iskeyword(name.rstrip("_")) else name


def _given(**config: Any) -> dict[str, Any]:
    """What was given."""
    return {key: value for key, value in config.items() if value is not None}


def _input(name: str, source: InputSource) -> InputDefinition:
    written: Mapping[str, Any]
    if isinstance(source, InputDefinition):
        written = {each.name: getattr(source, each.name) for each in fields(source)}
    else:
        written = {"type": source} if isinstance(source, str) else source
    known = [each.name for each in fields(InputDefinition)]
    for key in written:
        if key not in known:
            field = f"inputs.{name}.{key}"
            message = f"An input has no {shown(key)}.{meant(key, known)}"
            raise invalid([Problem("", field, "unknown_key", message)])
    values = cast("dict[str, Any]", plain(written, f"inputs.{name}"))
    values["options"] = tuple(values.get("options", ()))
    return InputDefinition(**values)
