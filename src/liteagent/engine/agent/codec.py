"""A turn's state in a snapshot."""

from typing import Any

from liteagent.contracts.json import JsonValue, dump, load
from liteagent.engine.agent.state import AgentState

__all__ = ["AgentCodec"]


class AgentCodec:
    """The `StateCodec` of every agent's turns: the state is plain data without the definition."""

    def dump(self, state: AgentState) -> JsonValue:
        """The state, JSON-ready."""
        return dump(state)

    def load(self, data: Any) -> AgentState:
        """An equal state.

        Raises:
            ValueError: Another version wrote it.
        """
        return load(AgentState, data)
