"""Signed requests: how senders sign what they send us, as data, and how we sign what we send.

Every way is an HMAC-SHA-256 over the body or over more than the body, but for senders that only repeat the
secret. Nothing is compared but in constant time.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from liteagent.contracts.errors import NotAuthenticatedError

__all__ = ["SIGNATURES", "WINDOW_SECONDS", "Proof", "SignedRequest", "signed_headers", "verify"]

WINDOW_SECONDS = 300
"""How far the time in a signature may be from ours."""

_OUR_HEADER = "x-liteagent-signature"


@dataclass(frozen=True, slots=True)
class _Way:
    """How a sender signs.

    Attributes:
        header: Where the signature is.
        form: `fields`: `t=…,v1=…`, the time and any number of signatures; `prefixed`: one after `prefix`;
            `list`: several, each after `prefix`, with white space between; `plain`: the secret itself.
        signed: What is signed, with dots between, of `id`, `time` and `body`.
        encoding: Of the signature.
        prefix: Before it.
        id_header: Where the sender's name of the delivery is.
        time_header: Where the time is, if it is not among the fields.
        key_prefix: Before a secret that is base64.
    """

    header: str
    form: Literal["fields", "prefixed", "list", "plain"]
    signed: Sequence[Literal["id", "time", "body"]] = ("time", "body")
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    id_header: str = ""
    time_header: str = ""
    key_prefix: str = ""

    @property
    def is_timed(self) -> bool:
        """Whether the signature covers a time."""
        return "time" in self.signed and self.form != "plain"


SIGNATURES: Mapping[str, _Way] = {
    "liteagent": _Way(_OUR_HEADER, "fields", id_header="x-liteagent-delivery"),
    "github": _Way(
        "x-hub-signature-256", "prefixed", ("body",), prefix="sha256=", id_header="x-github-delivery"
    ),
    "gitlab": _Way("x-gitlab-token", "plain", id_header="idempotency-key"),
    "stripe": _Way("stripe-signature", "fields"),
    "standard": _Way(
        "webhook-signature",
        "list",
        ("id", "time", "body"),
        "base64",
        prefix="v1,",
        id_header="webhook-id",
        time_header="webhook-timestamp",
        key_prefix="whsec_",
    ),
}
"""How requests to a webhook can be signed, by name; `standard` is that of standardwebhooks.com."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What arrived: headers in lower case, and the bytes of the body."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of a request whose signature holds.

    Attributes:
        delivery: The sender's name for it; None where it has none.
        digest: SHA-256 of the signature; None where nothing tells one request from the next.
    """

    delivery: str | None = None
    digest: str | None = None


def verify(name: str, request: SignedRequest, secrets: Iterable[str], now: float) -> Proof:
    """Make sure that whoever sent the request knows one of the secrets, and sent it just now.

    Raises:
        NotAuthenticatedError: `signature_invalid`, or `signature_expired` for one that is too old.
    """
    way = SIGNATURES[name]
    shown = request.headers.get(way.header, "").strip()
    if not shown:
        raise _refused(f"The request has no header {way.header}. Sign it with the secret of this webhook.")
    delivery = request.headers.get(way.id_header, "").strip() or None if way.id_header else None
    if way.form == "plain":
        if not _is_among(shown, secrets):
            raise _wrong()
        return Proof(delivery)
    time, signatures = _parts(way, shown, request.headers)
    if way.is_timed and not abs(now - _number(time)) <= WINDOW_SECONDS:
        raise _refused(
            f"The request was signed more than {WINDOW_SECONDS // 60} minutes ago, or a clock is wrong. Sign "
            "each attempt anew.",
            "signature_expired",
        )
    known = {"id": (delivery or "").encode(), "time": time.encode(), "body": request.body}
    message = b".".join(known[each] for each in way.signed)
    expected = [_mac(way, each, message) for each in secrets]
    held = [each for each in signatures if _is_among(each, expected)]
    if not held:
        raise _wrong()
    return Proof(delivery, hashlib.sha256(held[0].encode()).hexdigest())


def signed_headers(
    secrets: Sequence[str], delivery: str, event: str, body: bytes, now: float
) -> dict[str, str]:
    """The headers of a request of ours: what it is, and one signature for each secret that holds."""
    time = str(int(now))
    way = SIGNATURES["liteagent"]
    signatures = [f"v1={_mac(way, each, time.encode() + b'.' + body)}" for each in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "LiteAgent-Webhooks",
        "X-LiteAgent-Delivery": delivery,
        "X-LiteAgent-Event": event,
        "X-LiteAgent-Signature": ",".join((f"t={time}", *signatures)),
    }


def _parts(way: _Way, shown: str, headers: Mapping[str, str]) -> tuple[str, list[str]]:
    """The time, which may be empty, and the signatures."""
    if way.form == "fields":
        fields = [each.strip().partition("=") for each in shown.split(",")]
        times = [value for name, _, value in fields if name == "t"]
        return times[0] if times else "", [value for name, _, value in fields if name == "v1"]
    time = headers.get(way.time_header, "").strip() if way.time_header else ""
    each_one = shown.split() if way.form == "list" else [shown]
    return time, [each.removeprefix(way.prefix) for each in each_one if each.startswith(way.prefix)]


def _mac(way: _Way, secret: str, message: bytes) -> str:
    digest = hmac.digest(_key(way, secret), message, "sha256")
    return digest.hex() if way.encoding == "hex" else base64.b64encode(digest).decode()


def _key(way: _Way, secret: str) -> bytes:
    if way.key_prefix and secret.startswith(way.key_prefix):
        try:
            return base64.b64decode(secret.removeprefix(way.key_prefix), validate=True)
        except (binascii.Error, ValueError):
            return secret.encode()
    return secret.encode()


def _number(time: str) -> float:
    return int(time) if time.isascii() and time.isdecimal() and len(time) <= 12 else -1e12


def _is_among(shown: str, known: Iterable[str]) -> bool:
    """Whether it is one of them; each is compared, whichever it is, in a time that tells nothing."""
    equal = [hmac.compare_digest(shown.encode(), each.encode()) for each in known]
    return True in equal


def _wrong() -> NotAuthenticatedError:
    return _refused("The signature does not hold. Sign the bytes of the body with this webhook's secret.")


def _refused(message: str, code: str = "signature_invalid") -> NotAuthenticatedError:
    return NotAuthenticatedError(message, code=code)
