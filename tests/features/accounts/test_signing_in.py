"""Setting up, signing in, staying signed in, signing out."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
import structlog
from sqlalchemy import update

from liteagent.contracts.errors import ConflictError, InvalidInputError
from liteagent.features.accounts.models import UserRow
from liteagent.features.accounts.service import AccountService
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.system import SystemClock
from liteagent.testing.clock import ManualClock

ME = {"email": "me@example.org", "password": "correct horse"}


def code(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def bearer(pair: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {pair['access_token']}"}


async def set_up(client: httpx2.AsyncClient, **more: str) -> dict[str, Any]:
    response = await client.post("/api/auth/setup", json={**ME, **more})
    assert response.status_code == 200, response.text
    return response.json()


async def me(client: httpx2.AsyncClient, pair: dict[str, Any]) -> httpx2.Response:
    return await client.get("/api/auth/me", headers=bearer(pair))


async def test_the_first_user_owns_the_workspace_that_was_there(
    client: httpx2.AsyncClient, accounts: AccountService
) -> None:
    workspace_id = await accounts.ensure_workspace()
    assert await accounts.ensure_workspace() == workspace_id
    assert (await client.get("/api/meta")).json()["setup_needed"] is True
    pair = await set_up(client, email=" Me@Example.ORG ")
    assert (pair["token_type"], pair["expires_in"]) == ("bearer", 900)
    assert (await client.get("/api/meta")).json()["setup_needed"] is False
    answer = (await me(client, pair)).json()
    assert answer["email"] == "me@example.org"
    assert (answer["workspace_id"], answer["role"], answer["scopes"]) == (workspace_id, "owner", [])


async def test_setting_up_works_once(client: httpx2.AsyncClient) -> None:
    await set_up(client)
    again = await client.post("/api/auth/setup", json={"email": "b@example.org", "password": "another one"})
    assert code(again) == (409, "already_set_up")


async def test_of_many_who_set_up_at_once_one_does(client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(
            client.post("/api/auth/setup", json={"email": f"u{n}@example.org", "password": "long enough"})
            for n in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19


async def test_from_another_machine_setting_up_needs_the_token(
    make_accounts: Callable[..., AccountService], connect: Callable[[AccountService], httpx2.AsyncClient]
) -> None:
    client = connect(make_accounts("the-token"))
    for wrong in ({}, {"token": ""}, {"token": "the-toke"}, {"token": "the-token "}, {"token": None}):
        response = await client.post("/api/auth/setup", json={**ME, **wrong})
        assert code(response) == (403, "setup_token_required")
    await set_up(client, token="the-token")


@pytest.mark.parametrize(
    "change",
    [
        {"email": "no address"},
        {"email": "@"},
        {"email": "a@b c"},
        {"email": "a@" + "b" * 254},
        {"email": ""},
        {"password": "seven77"},
        {"password": "x" * 201},
        {"password": 12345678},
        {"password": None},
        {"role": "owner"},
    ],
)
async def test_bad_details_are_refused_without_the_password(
    client: httpx2.AsyncClient, change: dict[str, Any]
) -> None:
    response = await client.post("/api/auth/setup", json={**ME, "password": "hunter2hunter2", **change})
    assert code(response) == (422, "invalid_request")
    assert "hunter2" not in response.text
    assert str(change.get("password", "hunter2")) not in response.text or change.get("password") is None


async def test_signing_in_needs_both_parts_and_does_not_say_which_was_wrong(
    client: httpx2.AsyncClient,
) -> None:
    await set_up(client)
    good = await client.post("/api/auth/login", json={**ME, "email": " ME@example.org"})
    assert good.status_code == 200
    assert (await me(client, good.json())).status_code == 200
    wrong = [
        await client.post("/api/auth/login", json={**ME, **change})
        for change in (
            {"password": "wrong"},
            {"email": "you@example.org"},
            {"email": "nobody"},
            {"password": ""},
        )
    ]
    assert {code(response) for response in wrong} == {(401, "invalid_credentials")}
    assert len({response.json()["error"]["message"] for response in wrong}) == 1


async def test_an_access_token_ends_and_a_refresh_token_makes_a_new_one(
    client: httpx2.AsyncClient, clock: ManualClock
) -> None:
    pair = await set_up(client)
    clock.advance(901)
    assert code(await me(client, pair)) == (401, "token_expired")
    fresh = await client.post("/api/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    assert fresh.status_code == 200
    assert (await me(client, fresh.json())).status_code == 200


async def test_a_refresh_token_that_is_used_twice_ends_the_sign_in(client: httpx2.AsyncClient) -> None:
    first = await set_up(client)
    other = (await client.post("/api/auth/login", json=ME)).json()
    second = (await client.post("/api/auth/refresh", json={"refresh_token": first["refresh_token"]})).json()
    reused = await client.post("/api/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert code(reused) == (401, "token_revoked")
    after = await client.post("/api/auth/refresh", json={"refresh_token": second["refresh_token"]})
    assert code(after) == (401, "token_revoked")
    for pair in (first, second):
        assert code(await me(client, pair)) == (401, "token_revoked")
    assert (await me(client, other)).status_code == 200


async def test_of_fifty_who_refresh_at_once_one_wins(client: httpx2.AsyncClient) -> None:
    pair = await set_up(client)
    body = {"refresh_token": pair["refresh_token"]}
    answers = await asyncio.gather(*(client.post("/api/auth/refresh", json=body) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49


async def test_a_sign_in_ends_when_it_is_not_used_and_goes_on_when_it_is(
    client: httpx2.AsyncClient, clock: ManualClock
) -> None:
    pair = await set_up(client)
    for _ in range(3):
        clock.advance(20 * 86_400)
        response = await client.post("/api/auth/refresh", json={"refresh_token": pair["refresh_token"]})
        assert response.status_code == 200
        pair = response.json()
    clock.advance(30 * 86_400)
    late = await client.post("/api/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    assert code(late) == (401, "token_expired")


async def test_signing_out_ends_this_sign_in_at_once(client: httpx2.AsyncClient) -> None:
    pair = await set_up(client)
    other = (await client.post("/api/auth/login", json=ME)).json()
    assert (await client.post("/api/auth/logout")).status_code == 401
    assert (await client.post("/api/auth/logout", headers=bearer(pair))).status_code == 204
    assert code(await me(client, pair)) == (401, "token_revoked")
    again = await client.post("/api/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    assert code(again) == (401, "token_revoked")
    assert (await me(client, other)).status_code == 200


async def test_a_user_who_is_disabled_is_out_at_once(
    client: httpx2.AsyncClient, database: SqliteDatabase, accounts: AccountService
) -> None:
    from datetime import UTC, datetime

    pair = await set_up(client)
    made = await client.post("/api/auth/api-keys", headers=bearer(pair), json={"name": "k"})
    now = datetime.fromtimestamp(SystemClock().now(), UTC)
    await database.write(lambda session: session.execute(update(UserRow).values(disabled_at=now)) and None)
    assert code(await me(client, pair)) == (401, "token_revoked")
    assert code(await client.post("/api/auth/login", json=ME)) == (401, "invalid_credentials")
    refreshed = await client.post("/api/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    assert code(refreshed) == (401, "token_revoked")
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    assert code(await client.get("/api/auth/me", headers=key)) == (401, "api_key_invalid")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic bWU6Y29ycmVjdA==",
        "Bearer nonsense",
        "Bearer a.b.c",
        "Bearer la_x",
        "Token {}",
        "{}",
        "Bearer {}x",
        "Bearer {}=",
        "Bearer {} {}",
        "Bearer {refresh}",
    ],
)
async def test_credentials_that_do_not_hold(client: httpx2.AsyncClient, header: str) -> None:
    pair = await set_up(client)
    value = header.replace("{refresh}", pair["refresh_token"]).replace("{}", pair["access_token"])
    response = await client.get("/api/auth/me", headers={"Authorization": value})
    assert response.status_code == 401
    assert pair["access_token"] not in response.text


async def test_the_scheme_may_be_spelled_anyhow(client: httpx2.AsyncClient) -> None:
    token = (await set_up(client))["access_token"]
    for header in (f"bearer {token}", f"BEARER  {token} "):
        assert (await client.get("/api/auth/me", headers={"Authorization": header})).status_code == 200


async def test_an_access_token_does_not_refresh(client: httpx2.AsyncClient) -> None:
    pair = await set_up(client)
    response = await client.post("/api/auth/refresh", json={"refresh_token": pair["access_token"]})
    assert code(response) == (401, "token_invalid")
    assert (await me(client, pair)).status_code == 200


async def test_the_operator_makes_users(accounts: AccountService, client: httpx2.AsyncClient) -> None:
    first = await accounts.create_user("Boss@example.org", "long enough")
    assert first.email == "boss@example.org"
    await accounts.create_user("second@example.org", "long enough")
    with pytest.raises(ConflictError) as caught:
        await accounts.create_user("SECOND@example.org", "long enough")
    assert caught.value.error_code == "email_taken"
    for email, password in (
        ("none", "long enough"),
        ("c@example.org", "short"),
        ("c@example.org", "x" * 201),
    ):
        with pytest.raises(InvalidInputError):
            await accounts.create_user(email, password)
    assert code(await client.post("/api/auth/setup", json=ME)) == (409, "already_set_up")
    roles: list[str] = []
    for email in ("boss@example.org", "second@example.org"):
        pair = await client.post("/api/auth/login", json={"email": email, "password": "long enough"})
        roles.append((await me(client, pair.json())).json()["role"])
    assert roles == ["owner", "member"]


async def test_no_secret_is_logged_or_kept_in_clear(
    client: httpx2.AsyncClient, database: SqliteDatabase
) -> None:
    with structlog.testing.capture_logs() as log:
        pair = await set_up(client, password="hunter2-hunter2")
        made = await client.post("/api/auth/api-keys", headers=bearer(pair), json={"name": "k"})
        await client.post("/api/auth/login", json={**ME, "password": "hunter2-wrong"})
        await client.post("/api/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    await database.close()
    kept = b"".join(path.read_bytes() for path in database.path.parent.iterdir())
    for secret in ("hunter2", pair["access_token"], pair["refresh_token"], made.json()["key"]):
        assert secret not in repr(log)
        assert secret.encode() not in kept
