"""Passwords at rest: Argon2id, in threads, few at a time."""

import base64
import secrets

import anyio
import anyio.to_thread
from pwdlib.hashers.argon2 import Argon2Hasher

__all__ = ["Passwords"]

_SALT_BYTES, _DIGEST_BYTES = 16, 32


class Passwords:
    """Hashes and checks passwords.

    The defaults are the second recommended option of RFC 9106; tests pass smaller costs.

    Args:
        rounds: Passes over the memory.
        memory_kib: Memory of one hash, in KiB.
        lanes: Threads of one hash.
        at_once: How many are worked on at a time, so that sign-ins cannot fill the memory.
    """

    def __init__(
        self, *, rounds: int = 3, memory_kib: int = 65_536, lanes: int = 4, at_once: int = 2
    ) -> None:
        self._hasher = Argon2Hasher(
            time_cost=rounds,
            memory_cost=memory_kib,
            parallelism=lanes,
            hash_len=_DIGEST_BYTES,
            salt_len=_SALT_BYTES,
        )
        # Of no password, with the same costs: checking against it takes as long as a real one.
        self._nobody = f"$argon2id$v=19$m={memory_kib},t={rounds},p={lanes}${_text(16)}${_text(32)}"
        self._at_once = at_once
        self._limiter: anyio.CapacityLimiter | None = None

    async def hash(self, password: str) -> str:
        """The encoded hash of a password, with its salt and costs."""
        return await anyio.to_thread.run_sync(self._hasher.hash, password, limiter=self._limit())

    async def verify(self, password: str, known: str | None) -> bool:
        """Whether `known` was made of `password`; without a `known` it takes as long and is False."""
        matches = await anyio.to_thread.run_sync(
            self._hasher.verify, password, known or self._nobody, limiter=self._limit()
        )
        return matches and known is not None

    def _limit(self) -> anyio.CapacityLimiter:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self._at_once)
        return self._limiter


def _text(size: int) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
