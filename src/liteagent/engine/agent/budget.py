"""What one turn may use up. Time comes from the events, so that a replay decides alike."""

from liteagent.contracts.errors import BudgetExceededError
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.state import AgentState

__all__ = ["out_of_calls", "out_of_steps", "out_of_time", "overspent", "seconds_left"]


def overspent(state: AgentState, definition: AgentDefinition) -> BudgetExceededError | None:
    """The budget that is used up, if one is."""
    usage = state.whole_usage
    tokens, cost = usage.input + usage.output, state.whole_cost
    if definition.max_tokens is not None and tokens >= definition.max_tokens:
        return _used_up("max_tokens", definition.max_tokens, f"{tokens} tokens")
    if definition.max_cost is not None and cost >= definition.max_cost:
        return _used_up("max_cost", definition.max_cost, f"{cost:.4f} US dollars")
    if definition.max_cost is not None and state.whole_unpriced:
        return BudgetExceededError(
            "The price of this agent's model is not known, so that max_cost cannot be kept. Enter its "
            "price, or limit max_tokens instead.",
            details={"limit": "max_cost", "value": definition.max_cost},
        )
    if definition.max_seconds is not None and state.seconds >= definition.max_seconds:
        return out_of_time(definition.max_seconds)
    return None


def seconds_left(state: AgentState, definition: AgentDefinition) -> float | None:
    """How long an effect that is begun now may take; None where nothing limits it."""
    return None if definition.max_seconds is None else max(0.0, definition.max_seconds - state.seconds)


def out_of_time(limit: float) -> BudgetExceededError:
    """`max_seconds` is over."""
    return _used_up("max_seconds", limit, f"{limit:g} seconds")


def out_of_steps(limit: int) -> BudgetExceededError:
    """`max_steps` is used up."""
    return BudgetExceededError(
        f"The agent made {limit} model calls and is not done. Raise max_steps, or give it a smaller task.",
        details={"limit": "max_steps", "value": limit},
    )


def out_of_calls(limit: int) -> BudgetExceededError:
    """`max_tool_calls` is used up."""
    return BudgetExceededError(
        f"The agent asked for more than {limit} tool calls in one turn. Raise max_tool_calls, or give it a "
        "smaller task.",
        details={"limit": "max_tool_calls", "value": limit},
    )


def _used_up(name: str, limit: float, used: str) -> BudgetExceededError:
    return BudgetExceededError(
        f"The turn has used {used} and is not done. Raise {name}, or give it a smaller task.",
        details={"limit": name, "value": limit},
    )
