"""Who is alive, by leases in the database."""

from sqlalchemy import text

from liteagent.infra.db.database import Database
from liteagent.infra.journal.leases import LEASE_SECONDS, LeaseOwnership


async def expire(database: Database, owner_id: str, seconds: float = LEASE_SECONDS + 1) -> None:
    """Let time pass for one worker."""
    query = text("UPDATE workers SET lease_until = lease_until - :seconds WHERE id = :id")
    await database.write(lambda session: session.execute(query, {"id": owner_id, "seconds": seconds}))


async def test_a_worker_lives_from_its_first_beat_to_its_release(either: Database) -> None:
    anna, bert = LeaseOwnership(either, "anna"), LeaseOwnership(either, "bert")
    assert await anna.living() == frozenset()
    await anna.beat()
    await bert.beat()
    assert await anna.living() == await bert.living() == {"anna", "bert"}
    await anna.release()
    assert await bert.living() == {"bert"}
    await anna.release()


async def test_a_worker_that_does_not_beat_dies_and_lives_again_when_it_does(either: Database) -> None:
    anna, bert = LeaseOwnership(either, "anna"), LeaseOwnership(either, "bert")
    await anna.beat()
    await bert.beat()
    await expire(either, "anna", LEASE_SECONDS - 2)
    assert await bert.living() == {"anna", "bert"}
    await expire(either, "anna", 3)
    assert await bert.living() == {"bert"}
    await anna.beat()
    assert await bert.living() == {"anna", "bert"}


async def test_what_is_long_dead_is_swept(either: Database) -> None:
    anna, bert = LeaseOwnership(either, "anna"), LeaseOwnership(either, "bert")
    await anna.beat()
    await bert.beat()
    await expire(either, "anna", 10_000)
    await bert.release()
    rows = await either.read(lambda session: session.execute(text("SELECT count(*) FROM workers")).scalar())
    assert rows == 0
