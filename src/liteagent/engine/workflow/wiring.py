"""What edges do: where they lead, what they reach, and that they never come back."""

from collections.abc import Iterator, Mapping, Sequence

from liteagent.engine.workflow.levels import Level
from liteagent.engine.workflow.problems import Problem, meant, shown
from liteagent.engine.workflow.types import Edge, Graph, NodeType

__all__ = ["targets_of", "wiring_problems"]

_MAX_LABEL = 200
_CYCLES = 10


def targets_of(graph: Graph) -> dict[str, list[str]]:
    """Where the edges of each node lead, as far as they lead to nodes of this level; self-edges left out."""
    found: dict[str, list[str]] = {each.id: [] for each in graph.nodes}
    for edge in graph.edges:
        if edge.source in found and edge.target in found and edge.source != edge.target:
            found[edge.source].append(edge.target)
    return found


def wiring_problems(level: Level, places: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with the edges of a level, and with what they leave out.

    `places` are the paths of all nodes by id.
    """
    yield from _starts(level)
    seen: set[Edge] = set()
    kinds = {each.id: each.type for each in level.graph.nodes}
    for edge in level.graph.edges:
        yield from _ends(level, edge, kinds, places)
        yield from _way(level, edge, kinds)
        if edge in seen:
            yield _problem(
                level, edge, "duplicate_edge", f"The edge {_shown(edge)} is there twice. Remove one."
            )
        seen.add(edge)
    targets = targets_of(level.graph)
    yield from _cycles(level, targets)
    yield from _unreachable(level, targets)


def _starts(level: Level) -> Iterator[Problem]:
    starts = [each for each in level.nodes() if each.node.type == NodeType.START]
    if not starts and not level.depth:
        message = "The flow has no start node. Add one, `start: {type: start}`, and an edge from it."
        yield Problem("", "nodes", "no_start", message)
    for each in starts[1:]:
        message = f"There is a start node already, {starts[0].node.id!r}. Remove one of the two."
        yield each.problem("", "many_starts", message)


def _ends(level: Level, edge: Edge, kinds: Mapping[str, str], places: Mapping[str, str]) -> Iterator[Problem]:
    for name in dict.fromkeys((edge.source, edge.target)):
        if name in kinds:
            continue
        if name in places:
            message = (
                f"The edge {_shown(edge)} leads out of its level: {shown(name)} stands at {places[name]!a}. "
                "Edges join nodes of one level; lead it to the loop or iterate node around it."
            )
            yield _problem(level, edge, "edge_crosses_levels", message)
        else:
            message = (
                f"The edge {_shown(edge)} needs a node {shown(name)}, and there is none.{meant(name, kinds)}"
            )
            yield _problem(level, edge, "dangling_edge", message)


def _way(level: Level, edge: Edge, kinds: Mapping[str, str]) -> Iterator[Problem]:
    if edge.source == edge.target:
        message = f"The edge {_shown(edge)} leads back to its node. Put what repeats into a loop node."
        yield _problem(level, edge, "self_edge", message)
    if kinds.get(edge.source) == NodeType.END:
        message = f"The edge {_shown(edge)} leads out of an end node. Remove it, or the end before it."
        yield _problem(level, edge, "edge_out_of_end", message)
    if kinds.get(edge.target) == NodeType.START:
        message = f"The edge {_shown(edge)} leads into a start node. Lead it to the node after the start."
        yield _problem(level, edge, "edge_into_start", message)
    if edge.label is not None and not 0 < len(edge.label) <= _MAX_LABEL:
        message = (
            f"The label of {_shown(edge)} has {len(edge.label)} characters; it may have 1 to {_MAX_LABEL}."
        )
        yield _problem(level, edge, "bad_label", message)


def _cycles(level: Level, targets: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    for number, cycle in enumerate(_found_cycles(targets)):
        if number >= _CYCLES:
            return
        way = " -> ".join(cycle if len(cycle) <= 12 else [*cycle[:6], "…", *cycle[-5:]])
        message = f"The edges lead in a circle: {way}. Put what repeats into the body of a loop node."
        yield Problem(f"{level.path}{cycle[0]}", f"{level.field}edges", "cycle", message)


def _found_cycles(targets: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Circles that a walk in depth meets, each edge walked once."""
    done: set[str] = set()
    for root in targets:
        if root in done:
            continue
        way, onward = {root: None}, [iter(targets[root])]
        while onward:
            target = next(onward[-1], None)
            if target is None:
                onward.pop()
                done.add(way.popitem()[0])
            elif target in way:
                walked = list(way)
                yield [*walked[walked.index(target) :], target]
            elif target not in done:
                way[target] = None
                onward.append(iter(targets[target]))


def _unreachable(level: Level, targets: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """In a body every node that no edge leads to is a beginning, so only outermost nodes are unreachable."""
    starts = [each.id for each in level.graph.nodes if each.type == NodeType.START]
    if level.depth or not starts:
        return
    reached, open_ = set(starts), list(starts)
    while open_:
        fresh = [each for each in targets[open_.pop()] if each not in reached]
        reached.update(fresh)
        open_ += fresh
    for each in level.nodes():
        if each.node.id not in reached:
            message = f"No way leads here from {starts[0]!r}. Add an edge to {each.node.id!r}, or remove it."
            yield each.problem("", "unreachable", message)


def _problem(level: Level, edge: Edge, code: str, message: str) -> Problem:
    return Problem(f"{level.path}{edge.source}"[:_MAX_LABEL], f"{level.field}edges", code, message)


def _shown(edge: Edge) -> str:
    label = "" if edge.label is None else f": {edge.label}"
    return shown(f"{edge.source} -> {edge.target}{label}")
