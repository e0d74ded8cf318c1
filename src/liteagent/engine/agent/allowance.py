"""What an agent could be made to do by a text that it reads: the rule of two.

Untrusted input, private data and a way to the outside are each harmless, and any two of them mostly are. All
three in one agent, with nobody asked, are what an injected instruction needs to carry data out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from liteagent.contracts.tools import ToolDefinition, ToolTrait
from liteagent.engine.agent.definition import AgentDefinition

__all__ = ["Risk", "is_untrusted", "risks"]

_ALL: tuple[ToolTrait, ...] = ("untrusted_input", "private_data", "outside_effect")


@dataclass(frozen=True, slots=True)
class Risk:
    """Something to think over about an agent.

    Attributes:
        tools: That bring it about.
    """

    code: str
    message: str
    tools: tuple[str, ...]


def risks(definition: AgentDefinition) -> tuple[Risk, ...]:
    """What to think over; empty where the agent keeps the rule of two."""
    brought = {trait: tuple(_bringing(definition, trait)) for trait in _ALL}
    if not all(brought.values()):
        return ()
    names = tuple(dict.fromkeys(name for tools in brought.values() for name in tools))
    outside = ", ".join(brought["outside_effect"])
    return (
        Risk(
            "lethal_trifecta",
            "This agent reads what anybody may have written, sees private data and acts outside, with nobody "
            f"asked. An instruction in a text could carry data out. Let a person approve {outside}, or give "
            "the agent less.",
            names,
        ),
    )


def is_untrusted(definition: AgentDefinition, name: str) -> bool:
    """Whether a tool's results may hold words that anybody may have written."""
    asked = definition.agent(name)
    if asked is not None:
        return any(_bringing(asked.definition, "untrusted_input"))
    tool = definition.tool(name)
    return tool is not None and "untrusted_input" in tool.traits


def _bringing(definition: AgentDefinition, trait: ToolTrait) -> Iterator[str]:
    """The tools that bring a trait into an agent, its own and those of the agents that it reaches."""
    for tool in (*definition.tools, *definition.client_tools):
        if trait in tool.traits and not _is_guarded(tool, trait):
            yield tool.name
    for each in definition.agents:
        yield from _bringing(each.definition, trait)


def _is_guarded(tool: ToolDefinition, trait: ToolTrait) -> bool:
    """Whether a person sees each and every call: what it does outside then is the person's."""
    return tool.approval and not tool.reads_with and trait == "outside_effect"
