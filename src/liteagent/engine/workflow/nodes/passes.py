"""What nodes with a body have in common: the body they must have, and the error of a pass that failed."""

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.json import JsonObject
from liteagent.engine.workflow.handler import Compiling
from liteagent.engine.workflow.nodes.fields import refused
from liteagent.engine.workflow.types import Graph

__all__ = ["body_of", "failed_pass", "ids_in"]


def body_of(compiling: Compiling) -> Graph:
    """The nested graph of the node.

    Raises:
        InvalidInputError: There is none, or nothing is in it.
    """
    body = compiling.node.body
    if body is None or not body.nodes:
        raise refused("nodes", f"Node {compiling.node.id!r} needs a body: give it `nodes` and `edges`.")
    return body


def ids_in(body: Graph) -> frozenset[str]:
    """The ids of the nodes of a body."""
    return frozenset(each.id for each in body.nodes)


def failed_pass(index: int, error: JsonObject) -> LiteAgentError:
    """The error of a node whose pass `index` has failed, of the same class and code as what failed it."""
    found = LiteAgentError.from_json(error)
    message = f"Pass {index} failed: {found.message}"
    return LiteAgentError.from_json(
        {"code": found.error_code, "message": message, "details": {**found.details, "index": index}}
    )
