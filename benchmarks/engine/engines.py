"""The engines that are compared, and the ways in which each is run."""

from dataclasses import dataclass

__all__ = ["ENGINES", "Engine"]


@dataclass(frozen=True, slots=True)
class Engine:
    """One line of the tables.

    Attributes:
        environment: The interpreter that runs it: see `interpreters`.
        package: What has to be installed for it, as the package index calls it.
        opening: Module below `subjects`, and the function in it.
        imports: The statements that a program with this engine begins with, one text for each store.
    """

    name: str
    environment: str
    package: str
    opening: tuple[str, str]
    imports: str = ""


_LANGGRAPH = "from langgraph.graph import StateGraph"
_ALL = (
    Engine(
        "liteagent",
        "ours",
        "liteagent",
        ("liteagent", "open_subject"),
        "from liteagent.engine.workflow.builder import WorkflowBuilder\n"
        "from liteagent.engine.workflow.engine import WorkflowEngine",
    ),
    Engine("liteagent, no hooks", "ours", "liteagent", ("liteagent", "open_bare")),
    Engine("liteagent, pure steps", "ours", "liteagent", ("liteagent", "open_pure")),
    Engine("langgraph", "peers", "langgraph", ("langgraph", "open_subject"), _LANGGRAPH),
    Engine("langgraph, not async", "peers", "langgraph", ("langgraph", "open_sync")),
    Engine("langgraph, DeltaChannel", "peers", "langgraph", ("langgraph", "open_delta")),
    Engine(
        "burr", "peers", "apache-burr", ("burr", "open_subject"), "from burr.core import ApplicationBuilder"
    ),
    Engine("dbos", "peers", "dbos", ("dbos", "open_subject"), "from dbos import DBOS"),
    Engine(
        "graphon",
        "graphon",
        "graphon",
        ("graphon", "open_subject"),
        "from graphon.engine.engine import Engine\nfrom graphon.graph.graph import Graph",
    ),
)

ENGINES = {each.name: each for each in _ALL}
"""By name."""
