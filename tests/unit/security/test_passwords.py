"""Passwords at rest."""

import time

from liteagent.infra.security.passwords import Passwords

CHEAP = {"rounds": 1, "memory_kib": 64, "lanes": 1}


async def test_a_password_matches_its_own_hash_only() -> None:
    passwords = Passwords(**CHEAP)
    known = await passwords.hash("correct horse")
    assert known.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert "correct horse" not in known
    assert await passwords.verify("correct horse", known)
    assert not await passwords.verify("correct horsE", known)
    assert not await passwords.verify("correct horse", await passwords.hash("another one"))


async def test_the_same_password_has_two_hashes() -> None:
    passwords = Passwords(**CHEAP)
    assert await passwords.hash("same") != await passwords.hash("same")


async def test_a_hash_that_is_none_matches_nothing() -> None:
    passwords = Passwords(**CHEAP)
    assert not await passwords.verify("x", "plain text")
    assert not await passwords.verify("", None)


async def test_an_unknown_user_costs_as_much_as_a_known_one() -> None:
    passwords = Passwords(rounds=2, memory_kib=16_384, lanes=1)
    known = await passwords.hash("correct horse")

    async def seconds(hashed: str | None) -> float:
        best = 10.0
        for _ in range(5):
            began = time.perf_counter()
            await passwords.verify("wrong", hashed)
            best = min(best, time.perf_counter() - began)
        return best

    with_user, without = await seconds(known), await seconds(None)
    assert 0.4 < without / with_user < 2.5
