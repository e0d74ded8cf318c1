"""Pages by id, and requests that are repeated."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from liteagent.contracts.errors import ConflictError, InvalidInputError
from liteagent.contracts.identity import Principal
from liteagent.infra.db.idempotency import KEPT_FOR, IdempotencyKeyRow, IdempotencyToken, claim
from liteagent.infra.db.paging import Page, page
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.system import new_id

ME = Principal(new_id(), new_id())
TOKEN = IdempotencyToken("key", "scope", "hash")


async def some_rows(database: SqliteDatabase, count: int) -> list[str]:
    ids = [new_id() for _ in range(count)]

    for number, row_id in enumerate(ids):
        token = IdempotencyToken(str(number), "scope", "hash")
        await database.write(lambda session, token=token, row_id=row_id: claim(session, ME, token, row_id))
    return ids


async def read_page(database: SqliteDatabase, limit: int, cursor: str | None) -> Page[IdempotencyKeyRow]:
    query = select(IdempotencyKeyRow)
    return await database.read(
        lambda session: page(session, query, IdempotencyKeyRow.resource_id, limit=limit, cursor=cursor)
    )


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
async def test_pages_together_are_the_whole_list_newest_first(database: SqliteDatabase, limit: int) -> None:
    ids = await some_rows(database, 7)
    found: list[str] = []
    cursor: str | None = None
    while True:
        one = await read_page(database, limit, cursor)
        assert len(one.items) <= limit
        found += [row.resource_id for row in one.items]
        cursor = one.next_cursor
        if cursor is None:
            break
    assert found == sorted(ids, reverse=True)


async def test_what_is_made_while_paging_shifts_nothing(database: SqliteDatabase) -> None:
    await some_rows(database, 4)
    first = await read_page(database, 2, None)
    await database.write(lambda session: claim(session, ME, TOKEN, new_id()))
    second = await read_page(database, 2, first.next_cursor)
    assert not {row.id for row in first.items} & {row.id for row in second.items}
    assert len(second.items) == 2
    assert second.next_cursor is None


async def test_an_empty_list_is_one_empty_page(database: SqliteDatabase) -> None:
    assert await read_page(database, 5, None) == Page([], None)


_UUID = "01a1ff9f-ce31-7129-8095-bde2f82bef36"


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "A" * 21,
        "A" * 23,
        "A" * 21 + "B",
        "é" * 22,
        "01a1ff9f-ce31-7129-8095-bde2f82bef36",
        "!" * 22,
        "AAAA\n" + "A" * 18,
    ],
)
async def test_a_cursor_that_we_did_not_give_is_refused(database: SqliteDatabase, cursor: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await read_page(database, 5, cursor)
    assert caught.value.error_code == "invalid_cursor"


async def test_the_first_claim_wins_and_a_repeat_learns_what_it_made(database: SqliteDatabase) -> None:
    first, second = new_id(), new_id()
    assert await database.write(lambda session: claim(session, ME, TOKEN, first)) == first
    assert await database.write(lambda session: claim(session, ME, TOKEN, second)) == first


async def test_without_a_token_every_time_is_the_first(database: SqliteDatabase) -> None:
    for fresh in ("a", "b"):
        assert await database.write(lambda session, fresh=fresh: claim(session, ME, None, fresh)) == fresh


async def test_another_body_is_a_conflict(database: SqliteDatabase) -> None:
    await database.write(lambda session: claim(session, ME, TOKEN, new_id()))
    other = IdempotencyToken("key", "scope", "other hash")
    with pytest.raises(ConflictError) as caught:
        await database.write(lambda session: claim(session, ME, other, new_id()))
    assert caught.value.error_code == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("who", "token"),
    [
        (Principal(new_id(), ME.user_id), TOKEN),
        (Principal(ME.workspace_id, new_id()), TOKEN),
        (ME, IdempotencyToken("other", "scope", "hash")),
        (ME, IdempotencyToken("key", "other", "hash")),
    ],
)
async def test_keys_of_others_and_other_routes_are_others(
    database: SqliteDatabase, who: Principal, token: IdempotencyToken
) -> None:
    await database.write(lambda session: claim(session, ME, TOKEN, new_id()))
    fresh = new_id()
    assert await database.write(lambda session: claim(session, who, token, fresh)) == fresh


async def test_a_claim_is_undone_with_its_unit_of_work(database: SqliteDatabase) -> None:
    def fails(session: Session) -> None:
        claim(session, ME, TOKEN, new_id())
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write(fails)
    fresh = new_id()
    assert await database.write(lambda session: claim(session, ME, TOKEN, fresh)) == fresh


async def test_a_key_is_forgotten_after_a_day(database: SqliteDatabase) -> None:
    began = datetime(2026, 1, 1, tzinfo=UTC)
    first, second = new_id(), new_id()
    await database.write(lambda session: claim(session, ME, TOKEN, first, now=began))
    just_before = began + KEPT_FOR - timedelta(seconds=1)
    assert await database.write(lambda session: claim(session, ME, TOKEN, second, now=just_before)) == first
    after = began + KEPT_FOR + timedelta(seconds=1)
    assert await database.write(lambda session: claim(session, ME, TOKEN, second, now=after)) == second
