"""What is set aside before a call and counted after it, whatever happens in between."""

from collections.abc import Callable
from dataclasses import replace

import anyio
import pytest

from liteagent.contracts.errors import BudgetExceededError, NotFoundError, ProviderUnavailableError
from liteagent.contracts.identity import Principal, Spender
from liteagent.contracts.llm import LLMRequest, LLMResponse, Usage, complete
from liteagent.contracts.messages import Message, Role
from liteagent.features.budgets.amounts import Amounts
from liteagent.features.budgets.budgeted import Account, Budgeted
from liteagent.features.budgets.schemas import BudgetBody, BudgetUseView
from liteagent.features.budgets.service import BudgetService
from liteagent.infra.system import new_id
from liteagent.testing import Fail, Hang, ManualClock, ScriptedLLM
from tests.unit.budgets.conftest import CountingDatabase

_REQUEST = LLMRequest((Message(Role.USER, "Hi"),), max_output_tokens=50)
_SPENDER = Spender("run-1", "agent-1", "user-1", "key-1", "run-1:5")


async def _use(budgets: BudgetService, principal: Principal, budget_id: str) -> BudgetUseView:
    (use,) = (await budgets.get(principal, budget_id)).uses
    return use


def _said(cost: float | None = 0.01) -> LLMResponse:
    return LLMResponse(Message(Role.ASSISTANT, "Hello"), Usage(10, 40), model="m", cost=cost)


def _budgeted(
    llm: ScriptedLLM,
    budgets: BudgetService,
    principal: Principal,
    spender: Spender = _SPENDER,
    quote: int | None = 10_000_000,
) -> Budgeted:
    account = Account(principal.workspace_id, spender, lambda _reading, _writing: quote, seconds=600)
    return Budgeted(llm, budgets, account, new_id)


async def test_what_a_call_spends_is_counted_in_every_budget_that_it_falls_under(
    budgets: BudgetService, principal: Principal
) -> None:
    bodies = [
        BudgetBody(name="run", scope="run", period="run", tokens=1000),
        BudgetBody(name="agent", scope="agent", period="day", subject_id="agent-1", money_usd=1.0),
        BudgetBody(name="key", scope="api_key", period="month", steps=5),
        BudgetBody(name="user", scope="user", period="hour", seconds=60.0),
        BudgetBody(name="all", scope="workspace", period="total", tokens=10**6),
    ]
    made = [await budgets.create(principal, body) for body in bodies]
    other = BudgetBody(name="other", scope="agent", period="day", subject_id="agent-2", steps=1)
    spared = await budgets.create(principal, other)
    await complete(_budgeted(ScriptedLLM([_said()]), budgets, principal), _REQUEST)
    for budget, subject in zip(
        made, ["run-1", "agent-1", "key-1", "user-1", principal.workspace_id], strict=True
    ):
        use = await _use(budgets, principal, budget.id)
        assert (use.subject, use.money_usd, use.tokens, use.steps) == (subject, 0.01, 50, 1)
        assert (use.reserved_money_usd, use.reserved_tokens, use.reserved_steps) == (0, 0, 0)
        assert use.unpriced_calls == 0
    assert (await budgets.get(principal, spared.id)).uses == []


async def test_a_budget_that_is_used_up_says_which_and_until_when(
    budgets: BudgetService, principal: Principal, clock: ManualClock
) -> None:
    body = BudgetBody(name="Daily", scope="user", period="day", money_usd=0.02)
    made = await budgets.create(principal, body)
    llm = ScriptedLLM([_said()])
    for _ in range(2):
        await complete(_budgeted(llm, budgets, principal), _REQUEST)
    with pytest.raises(BudgetExceededError, match="'Daily' is used up") as caught:
        await complete(_budgeted(llm, budgets, principal), _REQUEST)
    details = caught.value.details
    assert len(llm.requests) == 2
    assert (details["budget_id"], details["subject"], details["amount"]) == (made.id, "user-1", "usd")
    assert (details["limit"], details["used"], details["reserved"]) == (0.02, 0.02, 0)
    assert details["until"].endswith("T00:00:00Z")
    clock.advance(86_400)
    await complete(_budgeted(llm, budgets, principal), _REQUEST)
    assert (await _use(budgets, principal, made.id)).money_usd == 0.01


async def test_an_unknown_price_counts_tokens_only_and_says_so(
    budgets: BudgetService, principal: Principal
) -> None:
    body = BudgetBody(name="b", scope="workspace", period="total", money_usd=0.001, tokens=100)
    made = await budgets.create(principal, body)
    llm = ScriptedLLM([_said(None)])
    for _ in range(2):
        await complete(_budgeted(llm, budgets, principal, quote=None), _REQUEST)
    use = await _use(budgets, principal, made.id)
    assert (use.money_usd, use.tokens, use.unpriced_calls) == (0, 100, 2)
    with pytest.raises(BudgetExceededError) as caught:
        await complete(_budgeted(llm, budgets, principal, quote=None), _REQUEST)
    assert caught.value.details["amount"] == "tokens"


async def test_a_call_repeated_after_a_crash_is_counted_once(
    budgets: BudgetService, principal: Principal, restarted: Callable[[], BudgetService]
) -> None:
    body = BudgetBody(name="b", scope="workspace", period="total", tokens=1000)
    made = await budgets.create(principal, body)
    # The process dies after it has reserved: nobody settles.
    await budgets.reserve(principal.workspace_id, _SPENDER, "run-1:5#1", Amounts(0, 80, 1), seconds=600)
    assert (await _use(budgets, principal, made.id)).reserved_tokens == 80
    await complete(_budgeted(ScriptedLLM([_said()]), restarted(), principal), _REQUEST)
    use = await _use(budgets, principal, made.id)
    assert (use.tokens, use.steps, use.reserved_tokens, use.reserved_steps) == (50, 1, 0, 0)


async def test_what_a_dead_call_has_set_aside_is_free_again_in_time(
    budgets: BudgetService, principal: Principal, clock: ManualClock
) -> None:
    body = BudgetBody(name="b", scope="workspace", period="total", steps=1)
    made = await budgets.create(principal, body)
    await budgets.reserve(principal.workspace_id, _SPENDER, "dead#1", Amounts(0, 80, 1), seconds=600)
    living = _budgeted(ScriptedLLM([_said()]), budgets, principal, replace(_SPENDER, key="living"))
    with pytest.raises(BudgetExceededError, match="set aside for calls that are running"):
        await complete(living, _REQUEST)
    clock.advance(600)
    await complete(living, _REQUEST)
    use = await _use(budgets, principal, made.id)
    assert (use.steps, use.reserved_steps) == (1, 0)


async def test_a_call_that_settles_late_is_still_counted(
    budgets: BudgetService, principal: Principal, clock: ManualClock
) -> None:
    body = BudgetBody(name="b", scope="workspace", period="total", steps=100)
    made = await budgets.create(principal, body)
    late = await budgets.reserve(principal.workspace_id, _SPENDER, "late#1", Amounts(0, 80, 1), seconds=60)
    clock.advance(61)
    await complete(_budgeted(ScriptedLLM([_said()]), budgets, principal), _REQUEST)
    assert late is not None
    await budgets.settle(late, Amounts(0, 30, 1))
    use = await _use(budgets, principal, made.id)
    assert (use.tokens, use.steps, use.reserved_tokens, use.reserved_steps) == (80, 2, 0, 0)


async def test_a_call_that_failed_or_was_cancelled_costs_what_was_said(
    budgets: BudgetService, principal: Principal
) -> None:
    body = BudgetBody(name="b", scope="workspace", period="total", steps=100)
    made = await budgets.create(principal, body)
    down = ScriptedLLM([ProviderUnavailableError("down")])
    with pytest.raises(ProviderUnavailableError):
        await complete(_budgeted(down, budgets, principal), _REQUEST)
    use = await _use(budgets, principal, made.id)
    assert (use.tokens, use.steps, use.reserved_steps) == (0, 0, 0)
    cut = ScriptedLLM([Fail(ProviderUnavailableError("cut"), after="Half an answer")])
    with pytest.raises(ProviderUnavailableError):
        await complete(_budgeted(cut, budgets, principal), _REQUEST)
    with anyio.CancelScope() as scope:
        async for _ in _budgeted(ScriptedLLM([Hang("Half an answer")]), budgets, principal).stream(_REQUEST):
            scope.cancel()
    await anyio.lowlevel.checkpoint()
    use = await _use(budgets, principal, made.id)
    assert (use.steps, use.reserved_tokens, use.reserved_steps) == (2, 0, 0)
    assert use.tokens > 0


async def test_a_hundred_at_once_overspend_by_one_call_at_most(
    budgets: BudgetService, principal: Principal
) -> None:
    await budgets.create(principal, BudgetBody(name="b", scope="workspace", period="total", money_usd=0.1))
    llm, refused = ScriptedLLM([_said()]), 0

    async def ask(number: int) -> None:
        nonlocal refused
        mine = _budgeted(llm, budgets, principal, replace(_SPENDER, key=str(number)))
        try:
            await complete(mine, _REQUEST)
        except BudgetExceededError:
            refused += 1

    async with anyio.create_task_group() as group:
        for number in range(100):
            group.start_soon(ask, number)
    assert (len(llm.requests), refused) == (10, 90)


async def test_without_a_budget_a_call_costs_no_work_of_the_database(
    budgets: BudgetService, principal: Principal, database: CountingDatabase
) -> None:
    llm = _budgeted(ScriptedLLM([_said()]), budgets, principal)
    await complete(llm, _REQUEST)
    before = database.units
    for _ in range(20):
        await complete(llm, _REQUEST)
    assert database.units == before


async def test_a_deleted_budget_limits_nothing(budgets: BudgetService, principal: Principal) -> None:
    body = BudgetBody(name="b", scope="workspace", period="total", steps=1)
    made = await budgets.create(principal, body)
    held = await budgets.reserve(principal.workspace_id, _SPENDER, "k", Amounts(0, 1, 1), seconds=60)
    await budgets.delete(principal, made.id)
    assert held is not None
    await budgets.settle(held, Amounts(0, 1, 1))
    await complete(_budgeted(ScriptedLLM([_said()]), budgets, principal), _REQUEST)
    with pytest.raises(NotFoundError):
        await budgets.get(principal, made.id)
