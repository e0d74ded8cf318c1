"""Random workflows, as plain data: every node type, odd texts, bodies in bodies."""

from typing import Any

from hypothesis import strategies as st

from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import (
    Default,
    Edge,
    Graph,
    InputDefinition,
    Limits,
    NodeDefinition,
    NodeType,
    RetryPolicy,
)

_RESERVED = {"type", "retry", "timeout", "default", "nodes", "edges"}
_ODD = """yes|no|on|off|y|true|True|null|~||1|01|0x10|0o17|1e3|1_000|1:30|12:30:45|2024-01-01|.inf|.nan|-|- a
? a|a: b|a #b|# a|&a|*a|!a|!!str a|%a|@a
`a`|'a'|"a"|{a|[a]|a, b|a\\b|<<|=|---|...|--- a| a|a |  |a:|:a|->
a -> b|{{ inputs.x }}|output == 'x'|>-|ü|ß日本|🎉|\u2028|\u2029|\x85|\xa0x|\ufeff|\x7f|\x1b[0m
a\tb|a\x0bb""".strip().replace("\n", "|")
ODD_TEXTS = [
    *_ODD.split("|"),
    "|",
    "\t",
    "\n",
    "a\nb",
    "a\n",
    "a\n\n\n",
    "\na",
    " a\nb",
    "a \nb",
    "a\n b\n\n  c",
    "a\r\nb",
    "a\n---\nb",
    "word " * 40,
    ("word " * 40).strip(),
    "x" * 300,
    "a  b " * 30 + "c",
    "# no comment\n- no list",
]

texts = st.one_of(
    st.sampled_from(ODD_TEXTS),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
)
keys = st.one_of(
    st.sampled_from([each for each in ODD_TEXTS if len(each) < 150]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=8,
)
configs = st.dictionaries(keys.filter(lambda key: key not in _RESERVED), values, max_size=4)
seconds = st.floats(0.001, 1e6)
retries = st.builds(RetryPolicy, st.integers(1, 10), seconds, st.floats(1, 10), seconds)
inputs = st.builds(
    InputDefinition,
    st.sampled_from(["string", "number", "integer", "boolean", "object", "array", "any"]),
    st.booleans(),
    values,
    texts,
    st.lists(scalars, max_size=3).map(tuple),
)
limits = st.builds(Limits, st.integers(1, 10**6), st.one_of(st.none(), seconds), st.integers(5, 32))
names = st.from_regex(r"[A-Za-z][a-z0-9_]{0,8}", fullmatch=True)
labels = st.one_of(st.none(), texts.filter(bool))


def _edge(pair: tuple[str, str], label: str | None) -> Edge:
    return Edge(*pair, label)


@st.composite
def graphs(draw: Any, prefix: str = "n", depth: int = 0) -> Graph:
    """Nodes of any type, edges only forward, bodies up to two levels deep."""
    nodes: list[NodeDefinition] = []
    for index in range(draw(st.integers(1, 4))):
        name = f"{prefix}_{index}"
        kinds = [each for each in NodeType if each is not NodeType.FUNCTION]
        kind = "start" if not index and not depth else draw(st.sampled_from([*kinds, "plugged"]))
        container = kind in {NodeType.LOOP, NodeType.ITERATE} and depth < 2
        nodes.append(
            NodeDefinition(
                name,
                str(kind),
                draw(configs),
                draw(st.one_of(st.just(RetryPolicy()), retries)),
                None if kind == NodeType.HUMAN else draw(st.one_of(st.none(), seconds)),
                draw(st.one_of(st.none(), st.builds(Default, values))),
                draw(graphs(name, depth + 1)) if container else None,
            )
        )
    pairs = [(a.id, b.id) for at, a in enumerate(nodes) for b in nodes[at + 1 :]]
    edges = st.builds(_edge, st.sampled_from(pairs or [("a", "b")]), labels)
    return Graph(tuple(nodes), tuple(draw(st.lists(edges, max_size=6, unique=True))))


@st.composite
def definitions(draw: Any) -> WorkflowDefinition:
    """A workflow that has every part."""
    graph: Graph = draw(graphs())
    places = st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
    return WorkflowDefinition(
        id=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)),
        name=draw(texts),
        description=draw(texts),
        inputs=draw(st.dictionaries(names, inputs, max_size=3)),
        graph=graph,
        limits=draw(
            st.builds(Limits, st.integers(1, 10**6), st.one_of(st.none(), seconds), st.integers(5, 32))
        ),
        layout=draw(st.dictionaries(st.sampled_from([each.id for each in graph.nodes]), places, max_size=4)),
    )
