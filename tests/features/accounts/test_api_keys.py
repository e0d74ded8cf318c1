"""API keys: made once, listed without the secret, limited, deleted."""

from typing import Any

import httpx2
import pytest

from liteagent.contracts.errors import InvalidInputError, NotFoundError
from liteagent.features.accounts.service import AccountService
from liteagent.testing.clock import ManualClock


@pytest.fixture
async def owner(client: httpx2.AsyncClient) -> dict[str, str]:
    """The header of the first user."""
    body = {"email": "me@example.org", "password": "correct horse"}
    pair = (await client.post("/api/auth/setup", json=body)).json()
    return {"Authorization": f"Bearer {pair['access_token']}"}


def by(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def code(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


async def make(client: httpx2.AsyncClient, headers: dict[str, str], **body: Any) -> dict[str, Any]:
    response = await client.post("/api/auth/api-keys", headers=headers, json={"name": "k", **body})
    assert response.status_code == 201, response.text
    return response.json()


async def listed(client: httpx2.AsyncClient, headers: dict[str, str]) -> list[dict[str, Any]]:
    return (await client.get("/api/auth/api-keys", headers=headers)).json()["items"]


async def test_a_key_is_shown_once_and_acts_for_its_user(
    client: httpx2.AsyncClient, owner: dict[str, str]
) -> None:
    made = await make(client, owner, name="laptop")
    assert made.keys() == {"id", "name", "key", "prefix", "scopes", "created_at", "last_used_at"}
    assert made["key"].startswith(made["prefix"])
    (item,) = await listed(client, owner)
    assert item == {key: value for key, value in made.items() if key != "key"}
    answer = await client.get("/api/auth/me", headers=by(made["key"]))
    assert answer.json() == (await client.get("/api/auth/me", headers=owner)).json()


async def test_a_changed_key_does_not_hold(client: httpx2.AsyncClient, owner: dict[str, str]) -> None:
    first, second = (await make(client, owner))["key"], (await make(client, owner))["key"]
    mixed = first[:16] + second[16:]
    for key in (
        mixed,
        first[:-1],
        first + "x",
        first[:16] + first[16:].swapcase(),
        first[:15],
        "la_" + "0" * 12 + "_" + "x" * 43,
    ):
        assert code(await client.get("/api/auth/me", headers=by(key))) == (401, "api_key_invalid")


async def test_a_deleted_key_stops_at_once(client: httpx2.AsyncClient, owner: dict[str, str]) -> None:
    made = await make(client, owner)
    path = f"/api/auth/api-keys/{made['id']}"
    assert (await client.delete(path, headers=owner)).status_code == 204
    assert code(await client.get("/api/auth/me", headers=by(made["key"]))) == (401, "api_key_invalid")
    assert code(await client.delete(path, headers=owner)) == (404, "api_key_not_found")
    assert await listed(client, owner) == []


@pytest.mark.parametrize(
    "key_id", ["01a1ff9f-ce31-7129-8095-bde2f82bef36", "1", "not a uuid", "x" * 500, "%F0%9F%98%80"]
)
async def test_an_unknown_key_is_not_found(
    client: httpx2.AsyncClient, owner: dict[str, str], key_id: str
) -> None:
    response = await client.delete(f"/api/auth/api-keys/{key_id}", headers=owner)
    assert code(response) == (404, "api_key_not_found")


async def test_its_last_use_is_noted_once_a_minute(
    client: httpx2.AsyncClient, owner: dict[str, str], clock: ManualClock
) -> None:
    made = await make(client, owner)

    async def last_use() -> str | None:
        await client.get("/api/auth/me", headers=by(made["key"]))
        return (await listed(client, owner))[0]["last_used_at"]

    first = await last_use()
    assert first == "2027-01-15T08:00:00Z"
    clock.advance(59)
    assert await last_use() == first
    clock.advance(1)
    assert await last_use() == "2027-01-15T08:01:00Z"


async def test_a_limited_key_cannot_make_more_than_itself(
    client: httpx2.AsyncClient, owner: dict[str, str]
) -> None:
    made = await make(client, owner, scopes=["auth:write", "agents:read", "agents:read"])
    assert made["scopes"] == ["agents:read", "auth:write"]
    limited = by(made["key"])
    assert (await client.get("/api/auth/me", headers=limited)).json()["scopes"] == made["scopes"]
    for scopes in ([], ["*:write"], ["agents:read", "agents:write"]):
        body = {"name": "k", "scopes": scopes}
        response = await client.post("/api/auth/api-keys", headers=limited, json=body)
        assert code(response) == (403, "scope_missing")
    assert (await make(client, limited, scopes=["agents:read"]))["scopes"] == ["agents:read"]


async def test_a_key_without_the_scope_for_accounts_is_kept_out(
    client: httpx2.AsyncClient, owner: dict[str, str]
) -> None:
    limited = by((await make(client, owner, scopes=["*:write"]))["key"])
    for method, path in (
        ("GET", "/api/auth/me"),
        ("POST", "/api/auth/api-keys"),
        ("POST", "/api/auth/logout"),
    ):
        response = await client.request(method, path, headers=limited, content=b"{bad")
        assert code(response) == (403, "scope_missing")


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 201},
        {"name": "k", "scopes": ["agents"]},
        {"name": "k", "scopes": ["agents:admin"]},
        {"name": "k", "scopes": ["Agents:read"]},
        {"name": "k", "scopes": [" agents:read"]},
        {"name": "k", "scopes": ["a:read\n"]},
        {"name": "k", "scopes": "agents:read"},
        {"name": "k", "scopes": ["a:read"] * 51},
        {"name": "k", "user_id": "other"},
        {"scopes": []},
    ],
)
async def test_a_key_of_no_use_is_refused(
    client: httpx2.AsyncClient, owner: dict[str, str], body: dict[str, Any]
) -> None:
    response = await client.post("/api/auth/api-keys", headers=owner, json=body)
    assert code(response) == (422, "invalid_request")


async def test_making_a_key_twice_makes_one(client: httpx2.AsyncClient, owner: dict[str, str]) -> None:
    headers = {**owner, "Idempotency-Key": "once"}
    first, second = await make(client, headers), await make(client, headers)
    assert (second["id"], second["key"]) == (first["id"], None)
    assert len(await listed(client, owner)) == 1
    other = await client.post("/api/auth/api-keys", headers=headers, json={"name": "other"})
    assert code(other) == (409, "idempotency_key_reused")


async def test_keys_are_listed_in_pages(client: httpx2.AsyncClient, owner: dict[str, str]) -> None:
    made = [(await make(client, owner, name=str(number)))["id"] for number in range(5)]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/auth/api-keys", headers=owner, params=query)).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert found == sorted(made, reverse=True)


async def test_keys_of_another_user_are_not_there(
    client: httpx2.AsyncClient, owner: dict[str, str], accounts: AccountService
) -> None:
    await accounts.create_user("b@example.org", "long enough")
    theirs = await accounts.create_key("theirs", email="B@example.org")
    assert await listed(client, owner) == []
    assert (await client.delete(f"/api/auth/api-keys/{theirs.id}", headers=owner)).status_code == 404
    (item,) = await listed(client, by(theirs.key))
    assert item["name"] == "theirs"


async def test_the_operators_key_works_before_anybody_is_set_up(
    client: httpx2.AsyncClient, accounts: AccountService
) -> None:
    made = await accounts.create_key("ci", ["auth:read", "agents:write"])
    answer = (await client.get("/api/auth/me", headers=by(made.key))).json()
    assert (answer["id"], answer["email"], answer["role"]) == (None, None, "operator")
    assert answer["workspace_id"] == await accounts.ensure_workspace()
    whole = await accounts.create_key("all")
    response = await client.post("/api/auth/logout", headers=by(whole.key))
    assert code(response) == (422, "invalid_request")


async def test_the_operator_is_told_what_is_wrong(accounts: AccountService) -> None:
    with pytest.raises(NotFoundError):
        await accounts.create_key("k", email="nobody@example.org")
    for name, scopes in ((" ", []), ("k", ["everything"])):
        with pytest.raises(InvalidInputError):
            await accounts.create_key(name, scopes)
