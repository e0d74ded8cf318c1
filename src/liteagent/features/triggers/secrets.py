"""The secrets of triggers: addresses that nobody can guess, kept as hashes, and keys, kept encrypted."""

import hashlib
import hmac
import secrets

from liteagent.contracts.errors import ConfigurationError
from liteagent.features.triggers.models import TriggerRow
from liteagent.infra.security.encryption import Encryption, Place

__all__ = ["TriggerSecrets", "answers_to", "hash_of", "new_secret", "new_token"]

_BYTES = 32


def new_token() -> str:
    """The secret part of an address: 256 random bits."""
    return secrets.token_urlsafe(_BYTES)


def new_secret() -> str:
    """A key to sign with: 256 random bits."""
    return secrets.token_hex(_BYTES)


def hash_of(token: str) -> str:
    """What is kept of a token. Being random, it needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


class TriggerSecrets:
    """Seals and opens the secrets of rows.

    Args:
        encryption: The installation's.
    """

    def __init__(self, encryption: Encryption) -> None:
        self._encryption = encryption

    def give_token(self, row: TriggerRow, token: str) -> None:
        """Have the row answer to a token."""
        row.token, row.token_hint = hash_of(token), token[-4:]

    def seal(self, row: TriggerRow, secret: str | None) -> None:
        """Keep a secret, or forget it."""
        sealed = None if secret is None else self._encryption.encrypt(secret, _place(row, "secret"))
        row.secret = sealed

    def keep_previous(self, row: TriggerRow, until: float) -> None:
        """Let what the row answers to and signs with now hold for a while longer."""
        row.previous_token, row.previous_until = row.token, until
        if row.secret is not None:
            secret = self._encryption.decrypt(row.secret, _place(row, "secret"))
            row.previous_secret = self._encryption.encrypt(secret, _place(row, "previous_secret"))

    def holding(self, row: TriggerRow, now: float) -> list[str]:
        """The secrets that hold, the newest first.

        Raises:
            ConfigurationError: They were sealed by another installation.
        """
        found: list[str] = []
        if row.secret is not None:
            found.append(self._encryption.decrypt(row.secret, _place(row, "secret")))
        if row.previous_secret is not None and now < (row.previous_until or 0.0):
            found.append(self._encryption.decrypt(row.previous_secret, _place(row, "previous_secret")))
        return found

    def masked(self, row: TriggerRow) -> str | None:
        """The secret as it may be shown; one that cannot be read is shown too, so that it can be mended."""
        if row.secret is None:
            return None
        try:
            return f"…{self.holding(row, float('inf'))[0][-4:]}"
        except ConfigurationError:
            return "…"


def answers_to(row: TriggerRow, digest: str, now: float) -> bool:
    """Whether the row answers to the token of this hash."""
    current = hmac.compare_digest(row.token or "", digest)
    previous = hmac.compare_digest(row.previous_token or "", digest)
    return current or (previous and now < (row.previous_until or 0.0))


def _place(row: TriggerRow, column: str) -> Place:
    return Place("triggers", column, row.id)
