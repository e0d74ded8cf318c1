"""Budgets as the API takes and shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from liteagent.features.budgets.amounts import nano
from liteagent.features.budgets.windows import Period
from liteagent.infra.http.schemas import Body, Identifier, Name, View

__all__ = ["BudgetBody", "BudgetList", "BudgetPatch", "BudgetUseView", "BudgetView", "Scope", "limits_of"]

Scope: TypeAlias = Literal["run", "agent", "api_key", "user", "workspace"]
"""What spends."""

_Money = Annotated[float, Field(gt=0, le=1_000_000_000, allow_inf_nan=False, description="US dollars.")]
_Count = Annotated[int, Field(ge=1, le=10**15)]
_Seconds = Annotated[float, Field(gt=0, le=10**9, allow_inf_nan=False)]


class BudgetBody(Body):
    """A budget to make: who may spend how much in which time. At least one amount is named."""

    name: Name
    scope: Scope
    subject_id: Identifier | None = Field(
        default=None, description="Which run, agent, API key or user; left out, each one has this budget."
    )
    period: Period = Field(description="When counting begins anew: by the calendar, in UTC.")
    money_usd: _Money | None = None
    tokens: _Count | None = Field(default=None, description="Read and written.")
    steps: _Count | None = Field(default=None, description="Model calls.")
    seconds: _Seconds | None = Field(default=None, description="Spent in model calls.")
    is_active: bool = True

    @model_validator(mode="after")
    def _limits_something(self) -> "BudgetBody":
        if not any((self.money_usd, self.tokens, self.steps, self.seconds)):
            raise ValueError("name at least one of money_usd, tokens, steps, seconds")
        if self.scope == "run" and (self.period != "run" or self.subject_id is not None):
            raise ValueError("a budget of scope `run` has the period `run` and no subject_id")
        if self.scope == "workspace" and self.subject_id is not None:
            raise ValueError("a budget of scope `workspace` has no subject_id")
        return self


class BudgetPatch(Body):
    """What to change of a budget; what is left out stays, and null takes a limit away."""

    name: Name | None = None
    money_usd: _Money | None = None
    tokens: _Count | None = None
    steps: _Count | None = None
    seconds: _Seconds | None = None
    is_active: bool | None = None


class BudgetUseView(View):
    """What a subject has spent of a budget in the window of now, or in a run."""

    subject: str
    run_id: str | None = None
    until: datetime | None = Field(description="When it may spend anew; null for never.")
    money_usd: float
    tokens: int
    steps: int
    seconds: float
    reserved_money_usd: float = Field(description="Set aside for calls that are running; so with the next.")
    reserved_tokens: int
    reserved_steps: int
    unpriced_calls: int = Field(description="Calls without a known price: they are not in `money_usd`.")


class BudgetView(View):
    """A budget, and what was spent of it: the twenty subjects that spent last."""

    id: str
    name: str
    scope: Scope
    subject_id: str | None
    period: Period
    money_usd: float | None
    tokens: int | None
    steps: int | None
    seconds: float | None
    is_active: bool
    uses: list[BudgetUseView]
    created_at: datetime
    updated_at: datetime


class BudgetList(View):
    """A page of budgets, newest first."""

    items: list[BudgetView]
    next_cursor: str | None = None


def limits_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a body names, as the columns of the table."""
    columns = dict(values)
    if "money_usd" in columns:
        money = columns.pop("money_usd")
        columns["money"] = None if money is None else max(1, nano(money))
    if "seconds" in columns:
        seconds = columns.pop("seconds")
        columns["milliseconds"] = None if seconds is None else max(1, round(seconds * 1000))
    return columns
