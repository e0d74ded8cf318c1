"""Documents that no flow may come out of, each with what its refusal says."""

from typing import NamedTuple


class Hostile(NamedTuple):
    """A document, and what stands in the message or the problems of its refusal."""

    text: str
    says: str


_HEAD = "liteagent: 1\nid: hostile\n"
_START = "nodes:\n  start: {type: start}\n"


def _flow(nodes: str = "", edges: str = "", more: str = "") -> str:
    """A flow around hostile parts."""
    inner = "".join(f"  {line}\n" for line in nodes.splitlines())
    ways = "".join(f"  - {line}\n" for line in edges.splitlines())
    return f"{_HEAD}{more}{_START}{inner}" + (f"edges:\n{ways}" if ways else "")


def _node(config: str, kind: str = "transform") -> str:
    """A flow with one node `n` behind its start."""
    return _flow(f"n: {{type: {kind}, {config}}}", "start -> n")


def _many_reads(node: int, name: str) -> str:
    reads = " ".join(f"{{{{ {name.format(f'{node % 9}{each}')} }}}}" for each in range(20))
    return f"long_name_{node}: {{type: transform, value: '{reads}'}}"


_FAN = "\n".join(f"start -> long_name_{each}" for each in range(900))
_LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{before}, *{before}]\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)
_DEEP = "".join(f"{{type: loop, nodes: {{n{level}: " for level in range(12)) + "{type: end}" + "}}" * 12

UNREADABLE = {
    "nothing": Hostile("", "line 1, column 1: the document is empty"),
    "only a comment": Hostile("# nothing\n", "the document is empty"),
    "billion laughs": Hostile(_LAUGHS, "line 1, column 4: the anchor &a"),
    "an alias of nothing": Hostile("a: *b\n", "line 1, column 4"),
    "an anchor": Hostile(f"{_HEAD}name: &x y\n", "line 3, column 7: the anchor &x"),
    "an anchored key": Hostile(f"{_HEAD}&x name: y\n", "line 3, column 1: the anchor &x"),
    "an object of Python": Hostile(
        f"{_HEAD}name: !!python/object/apply:os.system ['id']\n", "line 3, column 7: a tag"
    ),
    "a name of Python": Hostile("!!python/name:os.system x\n", "line 1, column 1: a tag"),
    "a module of Python": Hostile(f"{_HEAD}x: !!python/module:os {{}}\n", "line 3, column 4: a tag"),
    "a tag of its own": Hostile(f"{_HEAD}name: !secret key\n", "line 3, column 7: a tag"),
    "a standard tag": Hostile(f"{_HEAD}name: !!binary aGk=\n", "line 3, column 7: a tag"),
    "the tag that is none": Hostile(f"{_HEAD}name: ! x\n", "line 3, column 7: a tag"),
    "a tagged key": Hostile(f"{_HEAD}!!str name: x\n", "line 3, column 1: a tag"),
    "a tag directive": Hostile("%TAG ! tag:x,2000:\n---\na: !b c\n", "line 3, column 4: a tag"),
    "YAML 1.1": Hostile("%YAML 1.1\n---\nliteagent: 1\n", "flow files are YAML 1.2"),
    "a merge key": Hostile(f"{_HEAD}<<: {{name: x}}\n", "line 3, column 1: the merge key"),
    "a repeated key": Hostile(f"{_HEAD}id: other\n", "line 3, column 1: the key 'id' is already there"),
    "a repeated node": Hostile(
        f"{_HEAD}{_START}  start: {{type: start}}\n", "line 5, column 3: the key 'start' is already there"
    ),
    "a repeated key by escapes": Hostile(f'{_HEAD}"\\x69d": other\n', "the key 'id' is already there"),
    "two documents": Hostile(f"{_HEAD}---\n{_HEAD}", "line 3, column 1: a second document"),
    "a key that is a list": Hostile("? [a, b]\n: c\n", "line 1, column 3: a key is a text"),
    "a key that is an object": Hostile("{a: 1}: c\n", "line 1, column 1: a key is a text"),
    "NUL": Hostile(f"{_HEAD}name: a\0b\n", "line 3, column 8: a character"),
    "an escape of a terminal": Hostile(f"{_HEAD}name: \x1b[31m\n", "line 3, column 7: a character"),
    "half of a pair": Hostile(f"{_HEAD}name: \ud800\n", "line 3, column 7: a character"),
    "NaN": Hostile(f"{_HEAD}limits: {{steps: .nan}}\n", "line 3, column 17: .nan is no JSON number"),
    "infinity": Hostile(f"{_HEAD}limits: {{cost: -.inf}}\n", "line 3, column 16: -.inf is no JSON number"),
    "a float beyond floats": Hostile(
        f"{_HEAD}limits: {{cost: 1e999}}\n", "line 3, column 16: 1e999 is too large"
    ),
    "an integer beyond 64 bits": Hostile(f"{_HEAD}x: 9223372036854775808\n", "line 3, column 4"),
    "an endless integer": Hostile(f"{_HEAD}x: {'9' * 100_000}\n", "line 3, column 4"),
    "an endless hexadecimal": Hostile(f"{_HEAD}x: 0x{'f' * 100_000}\n", "line 3, column 4"),
    "lists in lists": Hostile("[" * 100_000, "nests deeper than 50 levels"),
    "objects in objects": Hostile("{a: " * 100_000, "nests deeper than 50 levels"),
    "blocks in blocks": Hostile("- " * 10_000 + "x", "nests deeper than 50 levels"),
    "too many values": Hostile(f"{_HEAD}x: [{'1,' * 150_000}]\n", "more than 50,000 values"),
    "too long": Hostile(f"{_HEAD}name: {'x' * 1_000_001}\n", "longer than 1,000,000 characters"),
    "an open quote": Hostile(f'{_HEAD}name: "x\n', "this is no YAML"),
    "an open list": Hostile(f"{_HEAD}name: [x\n", "this is no YAML"),
    "a tab as indentation": Hostile("a:\n\tb: 1\n", "line 2, column 1: this is no YAML"),
    "an unknown escape": Hostile(f'{_HEAD}name: "\\q"\n', "line 3, column"),
    "half of a pair as an escape": Hostile(f'{_HEAD}name: "\\ud800"\n', "line 3, column"),
    "a colon too many": Hostile(f"{_HEAD}name: a: b\n", "line 3, column 8: this is no YAML"),
}
"""Texts that are no document at all: refused with line and column."""

INVALID = {
    "a text": Hostile("hello\n", "A flow is an object"),
    "a list": Hostile("[]\n", "A flow is an object"),
    "no version": Hostile("id: x\n", "liteagent: The version is missing"),
    "another version": Hostile("liteagent: 2\nid: x\n", "liteagent: This version of LiteAgent reads"),
    "a true version": Hostile("liteagent: true\nid: x\n", "liteagent: This version of LiteAgent reads"),
    "no id": Hostile(f"liteagent: 1\n{_START}", "id: The flow has no id"),
    "an id that is a path": Hostile(f"liteagent: 1\nid: ../x\n{_START}", "id: '../x' is no id"),
    "an id that is a number": Hostile(f"liteagent: 1\nid: 5\n{_START}", "id: This is a text, and 5 is none"),
    "NUL by an escape": Hostile(f'{_HEAD}name: "a\\0b"\n{_START}', "name: This text holds a character"),
    "an unknown section": Hostile(
        f"{_HEAD}node: {{}}\n", "node: There is no key 'node' here. Did you mean nodes"
    ),
    "nodes as a list": Hostile(
        f"{_HEAD}nodes: [start]\n", "nodes: This is an object, and a list stands here"
    ),
    "edges as an object": Hostile(f"{_HEAD}{_START}edges: {{a: b}}\n", "edges: This is a list"),
    "a node that is a text": Hostile(_flow("n: transform"), "nodes.n: This is an object"),
    "a node without a type": Hostile(_flow("n: {when: x}"), "nodes.n.type: The node has no type"),
    "a type that is a list": Hostile(_flow("n: {type: [a]}"), "nodes.n.type: This is a text"),
    "an unknown type": Hostile(
        _node("x: 1", "agnt"), "nodes.n.type: There is no node type 'agnt'. Did you mean agent"
    ),
    "a type with a path": Hostile(_node("x: 1", "../../os"), "nodes.n.type: There is no node type"),
    "Python in a document": Hostile(
        _node("effect: pure", "function"), "nodes.n.type: Node 'n' is a Python function"
    ),
    "no nodes": Hostile(_HEAD, "nodes: The flow has no start node"),
    "two starts": Hostile(
        _flow("again: {type: start}", "start -> again"), "nodes.again: There is a start node"
    ),
    "10,000 nodes": Hostile(
        _flow("\n".join(f"n{each}: {{type: end}}" for each in range(10_000))), "more than 1,000 nodes"
    ),
    "10,000 edges": Hostile(_flow(edges=" -> ".join(["start"] * 10_001)), "more than 5,000 edges"),
    "bodies in bodies": Hostile(_flow(f"n: {_DEEP}", "start -> n"), "deeper than `limits.depth`"),
    "a dunder id": Hostile(_flow("__class__: {type: end}"), "nodes.__class__: '__class__' is no id"),
    "a private id": Hostile(_flow("_x: {type: end}"), "nodes._x: '_x' is no id"),
    "an id with a dot": Hostile(_flow("a.b: {type: end}"), "'a.b' is no id"),
    "an id with a slash": Hostile(_flow("a/b: {type: end}"), "'a/b' is no id"),
    "an id with an arrow": Hostile(_flow('"a -> b": {type: end}'), "'a -> b' is no id"),
    "an empty id": Hostile(_flow('"": {type: end}'), "'' is no id"),
    "an endless id": Hostile(_flow(f"{'a' * 100}: {{type: end}}"), "is no id of a node"),
    "an endless key": Hostile(_node(f"{'k' * 200}: 1"), "is longer than 150 characters"),
    "a keyword as id": Hostile(_flow("class: {type: end}"), "nodes.class: 'class' is no id"),
    "a literal as id": Hostile(_flow("true: {type: end}"), "nodes.true: 'true' is no id"),
    "a name of the scope as id": Hostile(
        _flow("inputs: {type: end}"), "nodes.inputs: 'inputs' means something"
    ),
    "another one": Hostile(_flow("last: {type: end}"), "nodes.last: 'last' means something else"),
    "letters that look alike": Hostile(_flow("ｓtart2: {type: end}"), "is no id of a node"),
    "an id in a body again": Hostile(
        _flow("n: {type: loop, nodes: {start: {type: end}}}", "start -> n"),
        "nodes.n.nodes.start: The id 'start' is there twice",
    ),
    "a circle": Hostile(
        _flow(
            "a: {type: end}\nb: {type: wait, seconds: 1}\nc: {type: wait, seconds: 1}",
            "start -> b -> c -> b\nc -> a",
        ),
        "edges: The edges lead in a circle: b -> c -> b. Put what repeats into the body of a loop",
    ),
    "an edge to itself": Hostile(
        _flow("n: {type: wait, seconds: 1}", "start -> n -> n"), "leads back to its node"
    ),
    "an edge to nothing": Hostile(
        _flow(edges="start -> nowhere"), "needs a node 'nowhere', and there is none"
    ),
    "an edge from nothing": Hostile(_flow("n: {type: end}", "stat -> n"), "needs a node 'stat'"),
    "an edge twice": Hostile(
        _flow("n: {type: end}", "start -> n\nstart -> n"), "'start -> n' is there twice"
    ),
    "an edge into a body": Hostile(
        _flow("n: {type: loop, nodes: {m: {type: end}}}", "start -> n\nstart -> m"), "leads out of its level"
    ),
    "an edge out of an end": Hostile(
        _flow("n: {type: end}\nm: {type: end}", "start -> n -> m"), "leads out of an end node"
    ),
    "an edge into the start": Hostile(
        _flow("n: {type: wait, seconds: 1}", "start -> n -> start"), "leads into a start node"
    ),
    "an edge that is a number": Hostile(_flow(edges="5"), "edges.0: An edge is `a -> b`"),
    "an edge that is no arrow": Hostile(_flow(edges="start, end"), "edges.0: An edge is written `a -> b`"),
    "an edge with an open end": Hostile(_flow(edges="start ->"), "edges.0: An edge is written `a -> b`"),
    "a chain with a label": Hostile(_flow(edges="start -> a -> b: x"), "edges.0: Which edge of"),
    "a label that is nothing": Hostile(_flow("n: {type: end}", "start -> n:"), "edges.0: The label of"),
    "a label that is a list": Hostile(_flow("n: {type: end}", "start -> n: [x]"), "edges.0: The label of"),
    "a label where there are none": Hostile(_flow("n: {type: end}", "start -> n: yes"), "Remove the label"),
    "a label that never comes": Hostile(
        _flow("n: {type: condition, when: 'true'}\nm: {type: end}", "start -> n\nn -> m: maybe"),
        "'n' never ends with 'maybe'",
    ),
    "5,000 edges to nothing": Hostile(
        _flow(
            "\n".join(f"long_name_{each}: {{type: end}}" for each in range(900)),
            "\n".join(f"start -> long_nane_{each}" for each in range(4_999)),
        ),
        "needs a node 'long_nane_0'",
    ),
    "many names that are not": Hostile(
        _flow("\n".join(_many_reads(each, "long_nane_{}.x") for each in range(900)), _FAN),
        "There is nothing called 'long_nane_00' to read",
    ),
    "many variables that are not": Hostile(
        _flow("\n".join(_many_reads(each, "vars.w{}") for each in range(900))), "No way leads here"
    ),
    "an unreachable node": Hostile(_flow("n: {type: end}"), "nodes.n: No way leads here from 'start'"),
    "a loop without a body": Hostile(_node("max: 3", "loop"), "nodes.n.nodes: A loop needs a body"),
    "a loop with an empty body": Hostile(_node("nodes: {}", "loop"), "nodes.n.nodes: A loop needs a body"),
    "a body where none belongs": Hostile(
        _node("value: 1, nodes: {m: {type: end}}"), "nodes.n.nodes: A transform node has no body"
    ),
    "a config field that is not": Hostile(
        _node("wen: x", "condition"), "nodes.n.wen: There is no field 'wen'"
    ),
    "a config of the wrong type": Hostile(_node("when: [x]", "condition"), "nodes.n.when: "),
    "a config that is missing": Hostile(
        _node("headers: {}", "http"), "nodes.n.url: The field url is missing"
    ),
    "an expression that is none": Hostile(_node("when: '1 +'", "condition"), "nodes.n.when: "),
    "an expression that calls": Hostile(_node("when: '__import__(1)'", "condition"), "nodes.n.when: "),
    "an expression that looks inside": Hostile(
        _node("when: 'inputs.__class__'", "condition"), "nodes.n.when: "
    ),
    "a template that is open": Hostile(_node("value: '{{ inputs'"), "nodes.n.value: "),
    "an input that is not": Hostile(_node("value: '{{ inputs.x }}'"), "There is no input 'x'"),
    "a node that is not": Hostile(_node("value: '{{ nobody.output }}'"), "There is nothing called 'nobody'"),
    "its own output": Hostile(_node("value: '{{ n.output }}'"), "'n' reads its own output"),
    "a secret": Hostile(_node("value: '{{ secrets.KEY }}'"), "flows have no secrets of their own"),
    "a text of 200 kB": Hostile(
        _node(f"value: {'x' * 200_000}"), "nodes.n.value: This text has more than 100 kB"
    ),
    "no attempts": Hostile(_node("value: 1, retry: {attempts: 0}"), "nodes.n.retry.attempts: This is 0"),
    "attempts for ever": Hostile(_node("value: 1, retry: {attempts: 999999999}"), "nodes.n.retry.attempts"),
    "half an attempt": Hostile(
        _node("value: 1, retry: {attempts: 1.5}"), "nodes.n.retry.attempts: This is an integer"
    ),
    "a retry that is not": Hostile(
        _node("value: 1, retry: {tries: 3}"), "nodes.n.retry.tries: There is no key"
    ),
    "a retry that is a number": Hostile(_node("value: 1, retry: 3"), "nodes.n.retry: This is an object"),
    "a negative timeout": Hostile(_node("value: 1, timeout: -1"), "nodes.n.timeout: This is -1"),
    "a timeout that is a text": Hostile(_node("value: 1, timeout: 5s"), "nodes.n.timeout: This is a number"),
    "no steps": Hostile(_flow(more="limits: {steps: 0}\n"), "limits.steps: This is 0"),
    "steps without end": Hostile(_flow(more="limits: {steps: 1000000000000}\n"), "limits.steps"),
    "a limit that is not": Hostile(
        _flow(more="limits: {step: 1}\n"), "limits.step: There is no key 'step' here. Did"
    ),
    "a limit that is true": Hostile(
        _flow(more="limits: {steps: true}\n"), "limits.steps: This is an integer"
    ),
    "an input of no type": Hostile(
        _flow(more="inputs: {x: strin}\n"), "inputs.x.type: There is no type 'strin'. Did"
    ),
    "an input with a bad name": Hostile(
        _flow(more="inputs: {a-b: string}\n"), "inputs.a-b: 'a-b' is no name"
    ),
    "an input with a bad default": Hostile(
        _flow(more="inputs: {x: {type: integer, default: one}}\n"),
        "inputs.x.default: 'one' is not of the type",
    ),
    "a place that is none": Hostile(
        _flow(more="layout: {start: [1]}\n"), "layout.start: A place is a list of two"
    ),
    "a place at the end of the world": Hostile(
        _flow(more="layout: {start: [1e300, 0]}\n"), "layout.start: This is"
    ),
}
"""Documents that can be read and are no flow: refused with a problem that names the field."""
