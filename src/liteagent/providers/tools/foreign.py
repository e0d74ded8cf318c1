"""Tools that somebody else describes, as they are declared here."""

from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import ToolDefinition

__all__ = ["foreign_tool"]


def foreign_tool(
    name: str, description: str, parameters: JsonObject, effect: Safety, *, private: bool
) -> ToolDefinition:
    """A tool of an origin whose words are a stranger's: unless it only reads, a person approves each call.

    Args:
        name: Its name there.
        description: The origin's.
        parameters: JSON Schema of type object.
        effect: What the origin says of it.
        private: Whether the origin shows what is not everybody's.
    """
    reads = effect is Safety.SAFE
    return ToolDefinition(
        name,
        description,
        parameters,
        effect=effect,
        approval=not reads,
        traits=(
            "untrusted_input",
            *(("private_data",) if private else ()),
            *(() if reads else ("outside_effect",)),
        ),
    )
