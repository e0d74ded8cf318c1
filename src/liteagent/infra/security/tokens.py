"""Access and refresh tokens: JWTs that only this installation signs and reads (HS256)."""

import base64
import binascii
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jwt

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import ConfigurationError, NotAuthenticatedError

__all__ = ["Claims", "TokenKind", "Tokens"]

_ALGORITHM = "HS256"
_NAME = "liteagent"
_MIN_KEY_BYTES = 32
_MAX_LEEWAY = 60
_MAX_LENGTH = 4096
_PART = re.compile(r"[A-Za-z0-9_-]+")
_REQUIRED = ["exp", "iat", "sub", "jti", "typ", "aud", "iss", "sid"]
# The times are checked here, by the clock that was handed in.
_OPTIONS: Any = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False}


class TokenKind(StrEnum):
    """What a token is good for; one is never taken for the other."""

    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: whose it is, which sign-in it comes from, its own id, and when it ends (epoch s)."""

    subject: str
    session_id: str
    token_id: str
    expires_at: int


class Tokens:
    """Signs and reads tokens.

    Args:
        key: At least 32 random bytes.
        clock: What time it is.
        access_seconds: How long an access token holds.
        refresh_seconds: How long a refresh token holds.
        leeway: Seconds that clocks may differ, 0 to 60.

    Raises:
        ConfigurationError: The key is too short, or the leeway out of range.
    """

    def __init__(
        self, key: bytes, clock: Clock, *, access_seconds: int, refresh_seconds: int, leeway: int = 0
    ) -> None:
        if len(key) < _MIN_KEY_BYTES:
            raise ConfigurationError(f"The key that signs tokens must have {_MIN_KEY_BYTES} bytes or more.")
        if not 0 <= leeway <= _MAX_LEEWAY:
            raise ConfigurationError(f"The leeway of tokens is 0 to {_MAX_LEEWAY} seconds.")
        self._key = key
        self._clock = clock
        self._seconds = {TokenKind.ACCESS: access_seconds, TokenKind.REFRESH: refresh_seconds}
        self._leeway = leeway

    def lifetime(self, kind: TokenKind) -> int:
        """How long a new token of this kind holds, in seconds."""
        return self._seconds[kind]

    def issue(self, kind: TokenKind, subject: str, session_id: str, token_id: str) -> str:
        """A signed token."""
        now = int(self._clock.now())
        claims = {
            "iss": _NAME,
            "aud": _NAME,
            "typ": kind.value,
            "sub": subject,
            "sid": session_id,
            "jti": token_id,
            "iat": now,
            "exp": now + self._seconds[kind],
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, token: str, kind: TokenKind) -> Claims:
        """The claims of a token of this kind.

        Raises:
            NotAuthenticatedError: It is not ours, was changed, is of another kind, or has ended.
        """
        _require_canonical(token)
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self._key, algorithms=[_ALGORITHM], audience=_NAME, issuer=_NAME, options=_OPTIONS
            )
        except jwt.InvalidTokenError:
            raise _refused() from None
        if claims["typ"] != kind or not all(isinstance(claims[each], str) for each in ("sub", "sid", "jti")):
            raise _refused()
        self._check_times(claims["iat"], claims["exp"])
        return Claims(claims["sub"], claims["sid"], claims["jti"], claims["exp"])

    def _check_times(self, issued_at: object, expires_at: object) -> None:
        if type(issued_at) is not int or type(expires_at) is not int:
            raise _refused()
        now = self._clock.now()
        if issued_at > now + self._leeway:
            raise _refused()
        if expires_at <= now - self._leeway:
            raise NotAuthenticatedError(
                "The token has expired. Get a new one at /api/auth/refresh.", code="token_expired"
            )


def _require_canonical(token: str) -> None:
    # base64 has several spellings of the same bytes; only the one that was issued is taken.
    parts = token.split(".")
    if len(token) > _MAX_LENGTH or len(parts) != 3 or not all(_is_canonical(part) for part in parts):
        raise _refused()


def _is_canonical(part: str) -> bool:
    if not _PART.fullmatch(part):
        return False
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        return False
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode() == part


def _refused() -> NotAuthenticatedError:
    return NotAuthenticatedError("The token is not valid. Sign in again.", code="token_invalid")
