"""Secrets at rest: Fernet, with the place in the database sealed in.

A ciphertext that is copied to another row or column does not decrypt there.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from liteagent.contracts.errors import ConfigurationError

__all__ = ["Encryption", "Place"]

_SEPARATOR = b"\x00"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ciphertext belongs: a row's column."""

    table: str
    column: str
    row_id: str

    def __str__(self) -> str:
        return f"{self.table}:{self.column}:{self.row_id}"


class Encryption:
    """Encrypts with the newest key and decrypts with any.

    Args:
        keys: 32 bytes each, newest first.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])

    def encrypt(self, plaintext: str, place: Place) -> str:
        """The ciphertext of `plaintext`, good only at `place`."""
        return self._fernet.encrypt(str(place).encode() + _SEPARATOR + plaintext.encode()).decode()

    def decrypt(self, ciphertext: str, place: Place) -> str:
        """The plaintext.

        Raises:
            ConfigurationError: The key is another one, the text was changed, or it belongs elsewhere.
        """
        try:
            sealed = self._fernet.decrypt(ciphertext)
        except InvalidToken:
            raise _undecipherable(place) from None
        where, _, plaintext = sealed.partition(_SEPARATOR)
        if where != str(place).encode():
            raise _undecipherable(place)
        return plaintext.decode()


def _undecipherable(place: Place) -> ConfigurationError:
    return ConfigurationError(
        f"The secret in {place.table}.{place.column} of {place.row_id} was not made with this "
        "installation's key. Restore the SECRET_KEY or secret.key it was made with, or enter it again.",
        code="secret_unreadable",
    )
