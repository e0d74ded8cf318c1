"""Questions to people: the inbox, and every way in which an answer is refused."""

from typing import Any

import httpx2
import pytest

from liteagent.app.wiring import Platform
from tests.features.harness.api import Api
from tests.features.workflows.flows import Flows

_FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "size": {"type": "string", "enum": ["S", "M"]},
        "count": {"type": "integer"},
    },
    "required": ["name", "count"],
    "additionalProperties": False,
}


async def asking(flows: Flows, *questions: dict[str, Any], flow_id: str = "asking") -> dict[str, Any]:
    """A run that asks all of these side by side."""
    names = [f"ask{n}" for n in range(len(questions))]
    nodes = {
        name: {"type": "human", "question": "Well?", **each}
        for name, each in zip(names, questions, strict=True)
    }
    made = await flows.made(
        {"start": {"type": "start"}, **nodes, "end": {"type": "end"}},
        [f"start -> {name} -> end" for name in names],
        flow_id,
    )
    run = await flows.run(made["id"])
    assert run["status"] == "WAITING_HUMAN"
    return run


async def answer(api: Api, run: dict[str, Any], value: Any, request_id: str | None = None) -> httpx2.Response:
    body = {"answer": value, **({} if request_id is None else {"request_id": request_id})}
    return await api.http.post(f"/api/runs/{run['id']}/answers", json=body)


async def test_the_inbox_holds_what_is_open_and_nothing_else(flows: Flows, api: Api) -> None:
    assert await api.got("/api/inbox") == {"items": [], "next_cursor": None}
    run = await asking(flows, {"question": "Ship?", "options": ["yes", "no"], "who": [], "timeout": 3600})
    (item,) = (await api.got("/api/inbox"))["items"]
    assert (item["run_id"], item["kind"], item["status"]) == (run["id"], "workflow", "WAITING_HUMAN")
    assert (item["question"], item["options"], item["form"], item["who"]) == (
        "Ship?",
        ["yes", "no"],
        None,
        [],
    )
    assert item["until"] is not None
    assert (await api.http.post(f"/api/runs/{run['id']}/pause")).json()["status"] == "PAUSED"
    assert [each["status"] for each in (await api.got("/api/inbox"))["items"]] == ["PAUSED"]
    assert (await answer(api, run, "yes", item["request_id"])).json()["status"] == "PAUSED"
    assert (await api.got("/api/inbox"))["items"] == []
    await api.http.post(f"/api/runs/{run['id']}/resume")
    assert (await flows.settled(run["id"]))["status"] == "COMPLETED"


async def test_the_inbox_has_pages_and_forgets_ended_runs(flows: Flows, api: Api) -> None:
    run = await asking(flows, {"question": "One?"}, {"question": "Two?"}, {"question": "Three?"})
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = await api.got(f"/api/inbox?limit=2{cursor and f'&cursor={cursor}'}")
        seen += [each["question"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == ["One?", "Three?", "Two?"]
    await api.http.post(f"/api/runs/{run['id']}/cancel")
    assert (await api.got("/api/inbox"))["items"] == []
    late = await api.error(await answer(api, run, "x"), 409)
    assert late["code"] == "not_waiting"


async def test_of_several_questions_the_answer_says_which(flows: Flows, api: Api) -> None:
    run = await asking(flows, {"question": "One?"}, {"question": "Two?"})
    ids = {each["question"]: each["request_id"] for each in (await api.got("/api/inbox"))["items"]}
    error = await api.error(await answer(api, run, "x"), 422)
    assert (error["code"], sorted(error["details"]["open"])) == ("several_questions", sorted(ids.values()))
    assert (await answer(api, run, "x", ids["One?"])).status_code == 200
    twice = await api.error(await answer(api, run, "x", ids["One?"]), 409)
    assert twice["code"] == "already_answered"
    assert (await answer(api, run, "x")).status_code == 200, "one is left, so it needs no name"
    assert (await flows.settled(run["id"]))["status"] == "COMPLETED"


@pytest.mark.parametrize("said", ["Yes", "", "yes ", 1, None, ["yes"], {"outcome": "yes"}])
async def test_an_answer_is_one_of_the_options(flows: Flows, api: Api, said: object) -> None:
    run = await asking(flows, {"options": ["yes", "no"]})
    error = await api.error(await answer(api, run, said), 422)
    assert (error["code"], error["details"]["options"]) == ("not_an_option", ["yes", "no"])
    assert (await answer(api, run, "no")).status_code == 200


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ("text", [""]),
        ({}, ["name", "count"]),
        ({"name": 1, "count": 1}, ["name"]),
        ({"name": "a", "count": "1"}, ["count"]),
        ({"name": "a", "count": True}, ["count"]),
        ({"name": "a", "count": 1, "size": "L"}, ["size"]),
        ({"name": "a", "count": 1, "other": 1}, ["other"]),
    ],
)
async def test_an_answer_fits_the_form(flows: Flows, api: Api, said: object, fields: list[str]) -> None:
    run = await asking(flows, {"form": _FORM})
    error = await api.error(await answer(api, run, said), 422)
    assert error["code"] == "answer_invalid"
    assert [each["field"] for each in error["details"]["fields"]] == fields
    assert (await answer(api, run, {"name": "a", "count": 2, "size": "M"})).status_code == 200
    assert (await flows.settled(run["id"]))["status"] == "COMPLETED"


async def test_only_who_is_asked_may_answer(flows: Flows, api: Api) -> None:
    me = await api.got("/api/auth/me")
    run = await asking(flows, {"who": ["somebody@example.com"]})
    error = await api.error(await answer(api, run, "x"), 403)
    assert (error["code"], error["details"]["who"]) == ("not_permitted", ["somebody@example.com"])
    for name in (me["email"].upper(), me["id"], me["role"]):
        run = await asking(flows, {"who": ["somebody@example.com", name]}, flow_id=f"for-{len(name)}")
        assert (await answer(api, run, "x")).status_code == 200, name


async def test_an_answer_that_comes_too_late_is_told_so(flows: Flows, api: Api, platform: Platform) -> None:
    run = await asking(flows, {"timeout": 1.2}, {"question": "Else?"})
    items = (await api.got("/api/inbox"))["items"]
    late = next(each["request_id"] for each in items if each["until"])
    events = (await api.got(f"/api/runs/{run['id']}/events"))["items"]
    seen = events[-1]["seq"]
    while not any(each["type"] == "human.expired" for each in events):
        await api.events(run["id"], str(seen))
        events = (await api.got(f"/api/runs/{run['id']}/events"))["items"]
    error = await api.error(await answer(api, run, "x", late), 409)
    assert error["code"] == "answer_too_late"
    assert [each["question"] for each in (await api.got("/api/inbox"))["items"]] == ["Else?"]
