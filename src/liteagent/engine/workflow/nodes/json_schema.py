"""JSON Schema as the nodes of a workflow check answers with it."""

from liteagent.contracts.json_schema import JsonSchema

__all__ = ["JsonSchema"]
