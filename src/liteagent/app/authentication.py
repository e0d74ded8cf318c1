"""Whose requests come one after the other is not looked up for each of them."""

import hashlib

from liteagent.contracts.identity import Principal
from liteagent.infra.db.changes import Changes
from liteagent.infra.db.kept import Kept
from liteagent.infra.http.route import Authenticator

__all__ = ["RememberingAuthenticator"]


class RememberingAuthenticator:
    """Remembers for a moment whose credentials hold, or until this process changes accounts or anything else.

    Args:
        authenticator: Who knows the credentials.
        changes: Of the database that they are in.
    """

    def __init__(self, authenticator: Authenticator, changes: Changes) -> None:
        self._authenticator = authenticator
        self._kept: Kept[bytes, Principal] = Kept(changes)

    async def authenticate(self, authorization: str | None) -> Principal:
        """The principal of an `Authorization` header.

        Raises:
            NotAuthenticatedError: There is none, or it does not hold.
        """
        key = hashlib.sha256((authorization or "").encode()).digest()
        return await self._kept.get(key, lambda: self._authenticator.authenticate(authorization))
