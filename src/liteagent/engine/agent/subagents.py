"""The names under which an agent reaches other agents: to ask one something, or to hand over to it."""

import re

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import ToolDefinition

__all__ = ["MAX_DEPTH", "asking_tool", "check_name", "handing_tool", "tool_name"]

MAX_DEPTH = 4
"""How many agents may stand under each other, the first among them."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,48}")


def check_name(name: str) -> None:
    """Make sure that an agent can be called by this name.

    Raises:
        InvalidInputError: It cannot.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInputError(f"An agent cannot be reached as {name!r}; use 1 to 48 letters, digits, _, -.")


def tool_name(name: str, *, hand_off: bool) -> str:
    """What the tool is called with which an agent is reached."""
    return f"hand_off_to_{name}" if hand_off else f"ask_{name}"


def asking_tool(name: str, description: str) -> ToolDefinition:
    """The tool with which a model gives another agent a task, and hears its answer."""
    task = {"type": "string", "description": "The whole task: the other agent sees nothing else."}
    return _tool(
        tool_name(name, hand_off=False), description or f"Give the agent {name} a task.", "task", task
    )


def handing_tool(name: str, description: str) -> ToolDefinition:
    """The tool with which a model leaves the conversation to another agent."""
    reason = {"type": "string", "description": "Why, in a few words."}
    told = f"Hand the conversation over to the agent {name}, for good. {description}".strip()
    return _tool(tool_name(name, hand_off=True), told, "reason", reason)


def _tool(name: str, description: str, parameter: str, schema: dict[str, str]) -> ToolDefinition:
    parameters = {
        "type": "object",
        "properties": {parameter: schema},
        "required": [parameter],
        "additionalProperties": False,
    }
    return ToolDefinition(name, description, parameters, Safety.SAFE)
