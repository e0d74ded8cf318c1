"""What a token must be to be taken."""

import base64
import json
from typing import Any

import jwt
import pytest

from liteagent.contracts.errors import ConfigurationError, NotAuthenticatedError
from liteagent.infra.security.tokens import TokenKind, Tokens
from liteagent.testing.clock import ManualClock

KEY = b"0123456789abcdef0123456789abcdef"
NOW = 1_800_000_000.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def tokens(clock: ManualClock) -> Tokens:
    return Tokens(KEY, clock, access_seconds=900, refresh_seconds=3600)


def claims(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "iss": "liteagent",
        "aud": "liteagent",
        "typ": "access",
        "sub": "user",
        "sid": "session",
        "jti": "token",
        "iat": int(NOW),
        "exp": int(NOW) + 900,
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


def signed(payload: dict[str, Any], key: bytes = KEY, algorithm: str = "HS256", **headers: Any) -> str:
    return jwt.encode(payload, key, algorithm=algorithm, headers=headers or None)


def test_what_is_issued_is_read(tokens: Tokens) -> None:
    read = tokens.read(tokens.issue(TokenKind.ACCESS, "u", "s", "t"), TokenKind.ACCESS)
    assert (read.subject, read.session_id, read.token_id, read.expires_at) == ("u", "s", "t", int(NOW) + 900)


def test_the_hand_made_token_that_the_refusals_vary_is_good(tokens: Tokens) -> None:
    assert tokens.read(signed(claims()), TokenKind.ACCESS).subject == "user"


@pytest.mark.parametrize("missing", ["iss", "aud", "typ", "sub", "sid", "jti", "iat", "exp"])
def test_every_claim_is_required(tokens: Tokens, missing: str) -> None:
    with pytest.raises(NotAuthenticatedError):
        tokens.read(signed(claims(**{missing: None})), TokenKind.ACCESS)


@pytest.mark.parametrize(
    "changes",
    [
        {"typ": "refresh"},
        {"typ": "ACCESS"},
        {"typ": 1},
        {"aud": "other"},
        {"iss": "other"},
        {"sub": 7},
        {"sid": 7},
        {"jti": 7},
        {"exp": str(int(NOW) + 900)},
        {"exp": NOW + 900.5},
        {"exp": True},
        {"exp": int(NOW)},
        {"exp": int(NOW) - 1},
        {"exp": -1},
        {"iat": int(NOW) + 1},
        {"iat": "now"},
    ],
)
def test_wrong_claims_are_refused(tokens: Tokens, changes: dict[str, Any]) -> None:
    payload = claims(**changes)
    # PyJWT refuses to sign some of these, so they are signed by hand.
    with pytest.raises(NotAuthenticatedError):
        tokens.read(_by_hand({"alg": "HS256", "typ": "JWT"}, payload), TokenKind.ACCESS)


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(tokens: Tokens) -> None:
    with pytest.raises(NotAuthenticatedError):
        tokens.read(tokens.issue(TokenKind.REFRESH, "u", "s", "t"), TokenKind.ACCESS)
    with pytest.raises(NotAuthenticatedError):
        tokens.read(tokens.issue(TokenKind.ACCESS, "u", "s", "t"), TokenKind.REFRESH)


@pytest.mark.parametrize("algorithm", ["none", "NoNe", "HS512", "HS384", "RS256"])
def test_another_algorithm_is_refused(tokens: Tokens, algorithm: str) -> None:
    with pytest.raises(NotAuthenticatedError):
        tokens.read(_by_hand({"alg": algorithm, "typ": "JWT"}, claims()), TokenKind.ACCESS)


def test_a_real_hs512_signature_is_refused(tokens: Tokens) -> None:
    with pytest.raises(NotAuthenticatedError):
        tokens.read(signed(claims(), KEY * 2, "HS512"), TokenKind.ACCESS)


def test_an_unsigned_token_is_refused(tokens: Tokens) -> None:
    head, body, _ = _by_hand({"alg": "none"}, claims()).split(".")
    for text in (f"{head}.{body}.", f"{head}.{body}"):
        with pytest.raises(NotAuthenticatedError):
            tokens.read(text, TokenKind.ACCESS)


def test_another_key_is_refused(tokens: Tokens) -> None:
    with pytest.raises(NotAuthenticatedError):
        tokens.read(signed(claims(), b"x" * 32), TokenKind.ACCESS)


def test_an_unknown_critical_header_is_refused(tokens: Tokens) -> None:
    with pytest.raises(NotAuthenticatedError):
        tokens.read(_by_hand({"alg": "HS256", "crit": ["b64"], "b64": False}, claims()), TokenKind.ACCESS)


def test_every_other_spelling_of_a_token_is_refused(tokens: Tokens) -> None:
    token = tokens.issue(TokenKind.ACCESS, "u", "s", "t")
    spellings = [
        token + "=",
        token + "==",
        token + "\n",
        " " + token,
        token + ".",
        token.replace(".", "..", 1),
    ]
    last = token[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spellings += [token[:-1] + other for other in alphabet if other != last]
    for text in spellings:
        with pytest.raises(NotAuthenticatedError):
            tokens.read(text, TokenKind.ACCESS)


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é.é.é", "x" * 5000, "eyJ9.e30.AAAA"])
def test_garbage_is_refused(tokens: Tokens, text: str) -> None:
    with pytest.raises(NotAuthenticatedError):
        tokens.read(text, TokenKind.ACCESS)


def test_a_token_ends_by_the_clock_that_was_handed_in(tokens: Tokens, clock: ManualClock) -> None:
    token = tokens.issue(TokenKind.ACCESS, "u", "s", "t")
    clock.advance(899)
    assert tokens.read(token, TokenKind.ACCESS)
    clock.advance(1)
    with pytest.raises(NotAuthenticatedError) as caught:
        tokens.read(token, TokenKind.ACCESS)
    assert caught.value.error_code == "token_expired"


def test_leeway_bridges_clocks_that_differ(clock: ManualClock) -> None:
    tokens = Tokens(KEY, clock, access_seconds=900, refresh_seconds=3600, leeway=30)
    assert tokens.read(signed(claims(iat=int(NOW) + 30)), TokenKind.ACCESS)
    clock.advance(929)
    assert tokens.read(signed(claims()), TokenKind.ACCESS)
    clock.advance(2)
    with pytest.raises(NotAuthenticatedError):
        tokens.read(signed(claims()), TokenKind.ACCESS)


@pytest.mark.parametrize("key", [b"", b"x" * 31])
def test_a_short_key_is_refused(clock: ManualClock, key: bytes) -> None:
    with pytest.raises(ConfigurationError):
        Tokens(key, clock, access_seconds=1, refresh_seconds=1)


@pytest.mark.parametrize("leeway", [-1, 61])
def test_leeway_has_bounds(clock: ManualClock, leeway: int) -> None:
    with pytest.raises(ConfigurationError):
        Tokens(KEY, clock, access_seconds=1, refresh_seconds=1, leeway=leeway)


def _by_hand(header: dict[str, Any], payload: dict[str, Any]) -> str:
    import hashlib
    import hmac

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    text = part(json.dumps(header).encode()) + "." + part(json.dumps(payload).encode())
    return text + "." + part(hmac.new(KEY, text.encode(), hashlib.sha256).digest())
