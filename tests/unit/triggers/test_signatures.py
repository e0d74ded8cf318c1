"""Who may call a webhook: what senders sign, and what is refused of it."""

import base64
import hashlib
import hmac

import pytest

from liteagent.contracts.errors import NotAuthenticatedError
from liteagent.features.triggers.signatures import SIGNATURES, Proof, SignedRequest, signed_headers, verify

_NOW = 1_750_000_000.0
_SECRET, _OLD = "a-secret-of-some-length", "the-one-before-that-one"
_BODY = b'{"amount": 7}'


def _hex(message: bytes, secret: str = _SECRET) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _signed(way: str, at: float = _NOW, secret: str = _SECRET, body: bytes = _BODY) -> dict[str, str]:
    time = str(int(at))
    match way:
        case "liteagent":
            headers = signed_headers([secret], "delivery-1", "run.completed", body, at)
            return {name.lower(): value for name, value in headers.items()}
        case "github":
            return {
                "x-hub-signature-256": f"sha256={_hex(body, secret)}",
                "x-github-delivery": "delivery-1",
            }
        case "gitlab":
            return {"x-gitlab-token": secret, "idempotency-key": "delivery-1"}
        case "stripe":
            signature = _hex(f"{time}.".encode() + body, secret)
            return {"stripe-signature": f"t={time},v0=other,v1={signature}"}
        case _:
            mac = hmac.digest(secret.encode(), f"delivery-1.{time}.".encode() + body, "sha256")
            return {
                "webhook-id": "delivery-1",
                "webhook-timestamp": time,
                "webhook-signature": f"v1,AAAA v1,{base64.b64encode(mac).decode()}",
            }


def _verify(way: str, headers: dict[str, str], body: bytes = _BODY, now: float = _NOW) -> Proof:
    return verify(way, SignedRequest(headers, body), [_SECRET], now)


@pytest.mark.parametrize("way", SIGNATURES)
def test_what_is_signed_with_the_secret_is_let_in(way: str) -> None:
    proof = _verify(way, _signed(way))
    assert proof.delivery == (None if way == "stripe" else "delivery-1")
    assert (proof.digest is None) == (way == "gitlab")


@pytest.mark.parametrize("way", SIGNATURES)
def test_another_secret_no_signature_and_another_body_are_not(way: str) -> None:
    for headers in (_signed(way, secret="of-somebody-else-entirely"), {}):
        with pytest.raises(NotAuthenticatedError) as refused:
            _verify(way, headers)
        assert refused.value.error_code == "signature_invalid"
    if way != "gitlab":
        with pytest.raises(NotAuthenticatedError):
            _verify(way, _signed(way), body=b'{"amount": 7000}')


@pytest.mark.parametrize("way", ["liteagent", "stripe", "standard"])
@pytest.mark.parametrize("off", [-301.0, 301.0])
def test_a_signature_holds_for_five_minutes(way: str, off: float) -> None:
    with pytest.raises(NotAuthenticatedError) as refused:
        _verify(way, _signed(way), now=_NOW + off)
    assert refused.value.error_code == "signature_expired"
    assert _verify(way, _signed(way), now=_NOW + off / 1.01).digest


@pytest.mark.parametrize("way", ["liteagent", "stripe", "standard"])
@pytest.mark.parametrize("time", ["", "x", "-1", "1e9", "9" * 400, "\u0661\u0662"])
def test_a_time_that_is_none_is_too_old(way: str, time: str) -> None:
    headers = {
        name: value.replace(str(int(_NOW)), time) if "time" in name or "signature" in name else value
        for name, value in _signed(way).items()
    }
    with pytest.raises(NotAuthenticatedError):
        _verify(way, headers)


@pytest.mark.parametrize("way", SIGNATURES)
def test_both_secrets_hold_while_one_replaces_the_other(way: str) -> None:
    for secret in (_SECRET, _OLD):
        request = SignedRequest(_signed(way, secret=secret), _BODY)
        assert verify(way, request, [_SECRET, _OLD], _NOW)
    with pytest.raises(NotAuthenticatedError):
        verify(way, SignedRequest(_signed(way), _BODY), [], _NOW)


def test_what_we_send_bears_a_signature_of_each_secret() -> None:
    headers = signed_headers([_SECRET, _OLD], "d", "run.failed", _BODY, _NOW + 0.9)
    time, first, second = headers["X-LiteAgent-Signature"].split(",")
    message = f"{int(_NOW)}.".encode() + _BODY
    assert (time, first) == (f"t={int(_NOW)}", f"v1={_hex(message)}")
    assert second == f"v1={_hex(message, _OLD)}"
    assert headers["X-LiteAgent-Delivery"] == "d"


def test_the_id_of_a_delivery_cannot_stand_for_other_parts_of_what_is_signed() -> None:
    time = str(int(_NOW - 3600))
    old = _signed("standard", at=_NOW - 3600)
    replayed = f"delivery-1.{time}.".encode() + _BODY
    for forged in ("{body}", "{time}", ""):
        headers = {**old, "webhook-id": forged, "webhook-timestamp": str(int(_NOW))}
        with pytest.raises(NotAuthenticatedError):
            _verify("standard", headers, body=replayed)


def test_a_secret_of_standard_webhooks_is_base64_after_its_prefix() -> None:
    key = bytes(range(24))
    secret = f"whsec_{base64.b64encode(key).decode()}"
    mac = hmac.digest(key, f"msg.{int(_NOW)}.".encode() + _BODY, "sha256")
    headers = {
        "webhook-id": "msg",
        "webhook-timestamp": str(int(_NOW)),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
    assert verify("standard", SignedRequest(headers, _BODY), [secret], _NOW).delivery == "msg"
