"""Reading a request's body: counted, strict, hashed where a repeat has to be told from a first time."""

import hashlib
from collections.abc import Callable
from email.message import Message as MimeMessage

import anyio.to_thread
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from liteagent.contracts.errors import InvalidInputError, PayloadTooLargeError
from liteagent.infra.http import strict_json

__all__ = ["StrictRequest", "limited", "media_type"]

_IN_THREAD_FROM = 256 * 1024
_PIECE = 1 << 20


class StrictRequest(Request):
    """A request whose body was read and checked before anybody asks for it."""

    async def check_json(self) -> None:
        """Read the body as JSON; an empty one is left for validation to miss.

        Raises:
            InvalidInputError: `invalid_json`.
            HTTPException: 415, it is declared as something else.
        """
        raw = await self.body()
        if not raw:
            return
        if not _may_be_json(media_type(self.headers)):
            raise HTTPException(415, "Send the body as JSON, with `Content-Type: application/json`.")
        if len(raw) >= _IN_THREAD_FROM:
            self._json = await anyio.to_thread.run_sync(strict_json.parse, raw)
        else:
            self._json = strict_json.parse(raw)

    async def check_form(self) -> None:
        """Read the body as a form.

        Raises:
            InvalidInputError: A name or a value has characters that cannot be stored.
            HTTPException: 400, it is no form.
        """
        form = await self.form()
        for name, value in form.multi_items():
            text = value.filename or "" if isinstance(value, UploadFile) else value
            if "\x00" in name or "\x00" in text:
                await form.close()
                raise InvalidInputError("The form contains a NUL character. Remove it.")

    async def body_hash(self) -> str:
        """The SHA-256 of what the body says: equal for the same JSON or the same form fields and files."""
        digest = hashlib.sha256()
        if isinstance(form := getattr(self, "_form", None), FormData):
            for name, value in form.multi_items():
                await _hash_field(digest.update, name, value)
        elif hasattr(self, "_json"):
            digest.update(strict_json.canonical(self._json))
        else:
            digest.update(await self.body())
        return digest.hexdigest()


def limited(receive: Receive, headers: Headers, limit: int) -> Receive:
    """`receive`, until the body is larger than `limit` bytes, declared or counted.

    Raises:
        PayloadTooLargeError: At once, if the declared length is too large.
    """
    if _declared_length(headers) > limit:
        raise _too_large(limit)
    counted = 0

    async def receive_counted() -> Message:
        nonlocal counted
        message = await receive()
        if message["type"] == "http.request":
            counted += len(message.get("body", b""))
            if counted > limit:
                # FastAPI turns any other exception that interrupts a form into a 400.
                raise HTTPException(413, _too_large(limit).message)
        return message

    return receive_counted


def media_type(headers: Headers) -> str:
    """The declared media type, without parameters, in lower case."""
    message = MimeMessage()
    message["content-type"] = headers.get("content-type", "")
    return message.get_content_type() if headers.get("content-type") else ""


def _may_be_json(declared: str) -> bool:
    if not declared:
        return True
    main, _, sub = declared.partition("/")
    return main == "application" and (sub == "json" or sub.endswith("+json"))


def _declared_length(headers: Headers) -> int:
    declared = headers.get("content-length", "")
    return int(declared) if declared.isdecimal() and len(declared) <= 18 else 0


def _too_large(limit: int) -> PayloadTooLargeError:
    return PayloadTooLargeError(
        f"The body is larger than {limit // 1024**2} MB. Send less, or in several requests.",
        details={"limit_bytes": limit},
    )


async def _hash_field(update: Callable[[bytes], None], name: str, value: UploadFile | str) -> None:
    if isinstance(value, str):
        update(repr((name, value)).encode())
        return
    update(repr((name, value.filename, value.size)).encode())
    while piece := await value.read(_PIECE):
        update(piece)
    await value.seek(0)
