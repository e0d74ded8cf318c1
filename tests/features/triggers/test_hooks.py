"""Webhooks over HTTP: who may call them, and the one run that each call starts."""

import hashlib
import hmac
import json
import time
from typing import Any

import anyio
import httpx2
import pytest

from liteagent.app.wiring import Platform
from liteagent.features.triggers.models import TriggerRow
from liteagent.features.triggers.signatures import signed_headers
from tests.features.harness.api import Api
from tests.features.workflows.flows import Flows


class Hook:
    """A webhook, and somebody who calls it."""

    def __init__(self, view: dict[str, Any], http: httpx2.AsyncClient) -> None:
        self.view = view
        self.path: str = view["hook_path"]
        self.secret: str = view["new_secret"] or ""
        self._http = http

    async def call(self, body: object = None, path: str | None = None, **request: Any) -> httpx2.Response:
        """Send JSON, or what `request` says."""
        if "content" not in request:
            request["json"] = body
        return await self._http.post(path or self.path, **request)

    async def signed(
        self, body: object, delivery: str = "d-1", at: float | None = None, secret: str = ""
    ) -> httpx2.Response:
        """Send signed JSON."""
        raw = json.dumps(body).encode()
        now = time.time() if at is None else at
        headers = signed_headers([secret or self.secret], delivery, "x", raw, now)
        return await self.call(content=raw, headers=headers)


async def _hook(api: Api, anonymous: httpx2.AsyncClient, flow_id: str, **fields: Any) -> Hook:
    body = {"name": "Hook", "kind": "webhook", "target": {"workflow_id": flow_id}, **fields}
    return Hook(await api.made("/api/triggers", **body), anonymous)


async def _runs(api: Api) -> list[dict[str, Any]]:
    return (await api.got("/api/runs"))["items"]


async def test_a_call_starts_a_run_with_what_it_says(
    api: Api, anonymous: httpx2.AsyncClient, flow_id: str, flows: Flows
) -> None:
    hook = await _hook(api, anonymous, flow_id, inputs={"name": "{{ body.user.name }}"})
    answer = await hook.call({"user": {"name": "Ada"}})
    assert answer.status_code == 202, answer.text
    accepted = answer.json()
    run = await flows.settled(accepted["run_id"])
    assert run["outputs"] == {"text": "Hello Ada"}
    (did,) = (await api.got(f"/api/triggers/{hook.view['id']}/deliveries"))["items"]
    assert (did["id"], did["status"], did["event"]) == (accepted["delivery_id"], "delivered", "webhook")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b'{"name": "Ada"}', "application/json"),
        (b"name=Ada", "application/x-www-form-urlencoded"),
        (b'{"name": "Ada"}', "application/cloudevents+json; charset=utf-8"),
    ],
)
async def test_without_inputs_the_body_is_what_the_flow_takes(
    api: Api, anonymous: httpx2.AsyncClient, flow_id: str, flows: Flows, content: bytes, media_type: str
) -> None:
    hook = await _hook(api, anonymous, flow_id)
    answer = await hook.call(content=content, headers={"Content-Type": media_type})
    assert (await flows.settled(answer.json()["run_id"]))["outputs"] == {"text": "Hello Ada"}


async def test_what_cannot_be_taken_starts_nothing(
    api: Api, anonymous: httpx2.AsyncClient, flow_id: str
) -> None:
    hook = await _hook(api, anonymous, flow_id, inputs={"name": "{{ body.name }}"})
    json_type, text = {"Content-Type": "application/json"}, {"Content-Type": "text/plain"}
    tries: list[tuple[dict[str, Any], int]] = [
        ({"content": b"{", "headers": json_type}, 422),
        ({"content": b"{}", "headers": json_type}, 422),
        ({"content": b"Ada", "headers": text}, 422),
        ({"content": b"<a/>", "headers": {"Content-Type": "application/xml"}}, 415),
        ({"content": b"x" * (1024 * 1024 + 1), "headers": text}, 413),
        ({"body": {"name": 7}}, 422),
    ]
    for request, status in tries:
        answer = await hook.call(**request)
        assert answer.status_code == status, answer.text
    assert await _runs(api) == []
    log = (await api.got(f"/api/triggers/{hook.view['id']}/deliveries"))["items"]
    assert [each["status"] for each in log] == ["failed"] * 3


async def test_at_any_other_address_nobody_answers(
    api: Api, anonymous: httpx2.AsyncClient, flow_id: str
) -> None:
    hook = await _hook(api, anonymous, flow_id, inputs={"name": "x"})
    for path in (f"{hook.path}x", hook.path[:-1], "/hooks/x", f"/hooks/{'x' * 5000}", "/hooks/%00"):
        answer = await hook.call({}, path)
        assert answer.status_code in (404, 422), path
    error = await api.error(await hook.call({}, "/hooks/x"), 404)
    assert error["code"] == "hook_not_found"
    await api.http.delete(f"/api/triggers/{hook.view['id']}")
    await api.error(await hook.call({}), 404)
    assert await _runs(api) == []


async def test_the_address_and_the_secret_are_shown_once_and_kept_by_nobody(
    platform: Platform, api: Api, anonymous: httpx2.AsyncClient, flow_id: str
) -> None:
    hook = await _hook(api, anonymous, flow_id, signature="liteagent")
    token = hook.path.removeprefix("/hooks/")
    assert len(token) == 43
    assert len(hook.secret) == 64
    shown = await api.got(f"/api/triggers/{hook.view['id']}")
    assert (shown["token_hint"], shown["secret"]) == (token[-4:], f"…{hook.secret[-4:]}")
    row = await platform.database.read(lambda session: session.get(TriggerRow, hook.view["id"]))
    assert row is not None
    kept = {name: str(value) for name, value in vars(row).items()}
    assert row.token == hashlib.sha256(token.encode()).hexdigest()
    assert not [name for name, value in kept.items() if token in value or hook.secret in value]


async def test_a_signed_webhook_takes_only_what_is_signed_now(
    api: Api, anonymous: httpx2.AsyncClient, flow_id: str, flows: Flows
) -> None:
    hook = await _hook(api, anonymous, flow_id, signature="liteagent")
    answer = await hook.signed({"name": "Ada"})
    assert answer.status_code == 202, answer.text
    await flows.settled(answer.json()["run_id"])
    assert (await api.error(await hook.call({"name": "Ada"}), 401))["code"] == "signature_invalid"
    forged = await hook.signed({"name": "Eve"}, "d-2", secret="not-the-secret-of-this")
    assert (await api.error(forged, 401))["code"] == "signature_invalid"
    late = await hook.signed({"name": "Eve"}, "d-3", at=time.time() - 301)
    assert (await api.error(late, 401))["code"] == "signature_expired"
    assert len(await _runs(api)) == 1


async def test_the_same_delivery_starts_one_run_however_often_it_comes(
    api: Api, anonymous: httpx2.AsyncClient, flow_id: str
) -> None:
    hook = await _hook(api, anonymous, flow_id, signature="liteagent")
    now = time.time()
    answers: list[dict[str, Any]] = []

    async def send(at: float) -> None:
        answers.append((await hook.signed({"name": "Ada"}, at=at)).json())

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(send, now)
    await send(now + 1)  # a sender that tries again signs anew
    assert len(await _runs(api)) == 1
    assert {each["delivery_id"] for each in answers} == {answers[0]["delivery_id"]}
    assert {each["run_id"] for each in answers} - {None} == {(await _runs(api))[0]["id"]}
    raw = json.dumps({"name": "Ada"}).encode()
    replayed = signed_headers([hook.secret], "d-1", "x", raw, now) | {"X-LiteAgent-Delivery": "other"}
    assert (await hook.call(content=raw, headers=replayed)).status_code == 202
    assert len(await _runs(api)) == 1


async def test_what_failed_is_tried_anew_when_the_sender_sends_it_again(
    api: Api, anonymous: httpx2.AsyncClient, flow_id: str
) -> None:
    hook = await _hook(api, anonymous, flow_id, inputs={"name": "{{ body.who }}"})
    key = {"Idempotency-Key": "k-1"}
    await api.error(await hook.call({"name": "Ada"}, headers=key), 422)
    inputs = {"inputs": {"name": "{{ body.name }}"}}
    await api.http.patch(f"/api/triggers/{hook.view['id']}", json=inputs)
    answers = [(await hook.call({"name": "Ada"}, headers=key)).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(await _runs(api)) == 1


async def test_senders_with_ways_of_their_own_are_understood(
    api: Api, anonymous: httpx2.AsyncClient, flow_id: str, flows: Flows
) -> None:
    secret = "the-secret-that-we-typed-there"
    hook = await _hook(
        api, anonymous, flow_id, signature="github", secret=secret, inputs={"name": "{{ body.sender.login }}"}
    )
    assert hook.view["new_secret"] is None
    raw = b'{"sender": {"login": "ada"}}'
    headers = {
        "X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}",
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-GitHub-Event": "push",
        "Content-Type": "application/json",
    }
    answers = [(await hook.call(content=raw, headers=headers)).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert (await flows.settled(answers[0]["run_id"]))["outputs"] == {"text": "Hello ada"}


async def test_a_new_address_takes_the_place_of_the_old_one_now_or_later(
    api: Api, anonymous: httpx2.AsyncClient, flow_id: str
) -> None:
    hook = await _hook(api, anonymous, flow_id, signature="liteagent")
    url = f"/api/triggers/{hook.view['id']}"
    kept = Hook((await api.http.post(f"{url}/rotate", json={"keep_seconds": 60})).json(), anonymous)
    assert kept.view["previous_until"]
    assert (await hook.signed({"name": "Ada"})).status_code == 202
    assert (await kept.signed({"name": "Ada"}, "d-2")).status_code == 202
    last = Hook((await api.http.post(f"{url}/rotate")).json(), anonymous)
    assert len({hook.path, kept.path, last.path, hook.secret, kept.secret, last.secret}) == 6
    for old in (hook, kept):
        await api.error(await old.signed({"name": "Ada"}, "d-3"), 404)
        refused = await last.signed({"name": "Ada"}, "d-3", secret=old.secret)
        await api.error(refused, 401)
    assert (await last.signed({"name": "Ada"}, "d-3")).status_code == 202


async def test_what_it_starts_may_be_gone(api: Api, anonymous: httpx2.AsyncClient, flow_id: str) -> None:
    hook = await _hook(api, anonymous, flow_id)
    await api.http.delete(f"/api/workflows/{flow_id}")
    assert (await api.error(await hook.call({"name": "x"}), 422))["code"] == "workflow_not_found"


async def test_a_secret_that_nothing_is_signed_with_is_refused(api: Api, flow_id: str) -> None:
    body = {"name": "x", "kind": "webhook", "target": {"workflow_id": flow_id}, "secret": "x" * 20}
    error = await api.error(await api.http.post("/api/triggers", json=body), 422)
    assert error["details"]["field"] == "secret"


async def test_a_paused_webhook_says_so(api: Api, anonymous: httpx2.AsyncClient, flow_id: str) -> None:
    hook = await _hook(api, anonymous, flow_id, enabled=False)
    assert (await api.error(await hook.call({"name": "x"}), 409))["code"] == "trigger_paused"


async def test_a_call_while_the_run_before_has_not_ended_can_be_skipped(
    api: Api, anonymous: httpx2.AsyncClient, flows: Flows
) -> None:
    nodes = {"start": {"type": "start"}, "ask": {"type": "human", "question": "Go on?"}}
    flow = await flows.made(nodes, ["start -> ask"], "asking")
    hook = await _hook(api, anonymous, flow["id"], overlap="skip")
    first, second = [(await hook.call({})).json() for _ in range(2)]
    assert first["status"] == "delivered"
    assert (second["status"], second["run_id"]) == ("skipped", None)
