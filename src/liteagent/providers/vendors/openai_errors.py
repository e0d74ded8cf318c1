"""Every failure of the OpenAI SDK, and of the server behind it, as one of ours.

    connection refused, DNS, TLS, reset, cut answer, 409, 5xx      ProviderUnavailableError
    connect, read and total time, 408                              ProviderTimeoutError
    429                                                            ProviderRateLimitedError
    401, 403                                                       ProviderAuthError
    any other 3xx and 4xx                                          ProviderRequestError
    what is no JSON, no stream, or of another shape                ProviderResponseError

A failure reported inside a stream is sorted by the status or type that it carries.
"""

import email.utils
import json
import math
import re
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import cast

import httpx2
import openai

from liteagent.contracts.errors import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderResponseError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["ErrorTranslator", "retry_after"]

_LONGEST_QUOTE = 300
_SHORTEST_SECRET = 4
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
_BY_TYPE = {
    "authentication_error": 401,
    "insufficient_quota": 429,
    "invalid_request_error": 400,
    "permission_error": 403,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
}


class ErrorTranslator:
    """Makes our errors out of foreign ones.

    Args:
        where: The server's address, for messages.
        timeout: The total time that an answer may take, for messages.
        secrets: Texts that must never appear in a message, although a server may echo them.
        protocol: Whose format the answers have, for messages.
        root: What `base_url` often ends in, for messages.
    """

    def __init__(
        self,
        where: str,
        timeout: float,
        secrets: Iterable[str] = (),
        protocol: str = "OpenAI's",
        root: str = "/v1",
    ) -> None:
        self._where = where
        self._timeout = timeout
        self._protocol = protocol
        self._root = root
        self._secrets = sorted((s for s in secrets if len(s) >= _SHORTEST_SECRET), key=len, reverse=True)

    @contextmanager
    def guard(self, partial: Callable[[], str] = str) -> Generator[None]:
        """Let only ProviderErrors out of the block; `partial` gives the text that had arrived."""
        try:
            yield
        except ProviderError:
            raise
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
            raise self._foreign(error, partial()) from None
        except OSError as error:  # TimeoutError is one
            raise self._lost(error, partial()) from None
        except _UNREADABLE as error:
            raise self.malformed(f"It could not be read ({type(error).__name__}).", partial()) from None

    def malformed(self, why: str, partial: str = "") -> ProviderResponseError:
        """The answer breaks its protocol."""
        return ProviderResponseError(
            self._clean(f"{self._where} sent an answer that is not in {self._protocol} format. {why} ")
            + f"Check that base_url is the API's root (it often ends in {self._root}).",
            partial=partial,
        )

    def cut(self, partial: str) -> ProviderUnavailableError:
        """The answer stopped before its end."""
        return ProviderUnavailableError(
            f"{self._where} broke off its answer before the end. Try again; what had arrived is kept.",
            partial=partial,
        )

    def _foreign(self, error: Exception, partial: str) -> ProviderError:
        if isinstance(error, openai.APIStatusError):
            wait = retry_after(error.response.headers, time.time())
            return self._status(error.status_code, error.body, partial, wait)
        if isinstance(error, openai.APIConnectionError | httpx2.HTTPError):
            return self._lost(error, partial)
        if isinstance(error, openai.APIResponseValidationError):
            return self.malformed("It does not fit the schema.", partial)
        if isinstance(error, openai.APIError):
            return self._reported(error, partial)
        return self.malformed(f"The client gave up ({type(error).__name__}).", partial)

    def _lost(self, error: Exception, partial: str) -> ProviderError:
        cause = error.__cause__ or error
        if isinstance(error, TimeoutError | openai.APITimeoutError | httpx2.TimeoutException):
            return ProviderTimeoutError(
                f"{self._where} did not answer within {self._timeout:g} s. Try again, or raise the timeout.",
                partial=partial,
            )
        if partial or isinstance(cause, httpx2.RemoteProtocolError | httpx2.ReadError):
            return self.cut(partial)
        return ProviderUnavailableError(
            f"Cannot reach {self._where}: {self._quote(str(cause)) or type(cause).__name__}. "
            "Check base_url and that the server runs.",
            partial=partial,
        )

    def _reported(self, error: openai.APIError, partial: str) -> ProviderError:
        """A failure that came as an event of the stream."""
        code = str(error.code)
        by_name = _BY_TYPE.get(str(error.type)) or _BY_TYPE.get(code) or 500
        status = int(code) if re.fullmatch(r"[45][0-9][0-9]", code) else by_name
        return self._status(status, error.body, partial, None)

    def _status(self, status: int, body: object, partial: str, wait: float | None) -> ProviderError:
        kind, advice = _sorted_status(status)
        said = self._quote(_words(body)).rstrip(".")
        return kind(
            f"{self._where} answered {status}{': ' + said if said else ''}. {advice}",
            partial=partial,
            retry_after=wait,
            details={"status": status},
        )

    def _quote(self, text: str) -> str:
        """One short line of what a server said, without secrets."""
        line = " ".join(self._clean(text).split())
        return line if len(line) <= _LONGEST_QUOTE else line[:_LONGEST_QUOTE] + "…"

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return well_formed(text)


def _sorted_status(status: int) -> tuple[type[ProviderError], str]:
    if status in (401, 403):
        return ProviderAuthError, "Check the provider's API key and what it may do."
    if status == 429:
        return ProviderRateLimitedError, "Wait and try again, or check the account's quota."
    if status == 408:
        return ProviderTimeoutError, "Try again."
    if status == 409 or status >= 500:
        return ProviderUnavailableError, "Try again later."
    if status == 404:
        return ProviderRequestError, "Check the model's name and base_url."
    if status < 400:
        return ProviderRequestError, "Redirects are not followed: set base_url to the final address."
    return ProviderRequestError, "Check the model's name and the request's size and options."


def _words(body: object) -> str:
    """What a server says in the body of an error, in any of the usual shapes."""
    for _ in range(2):
        if isinstance(body, Mapping):
            fields = cast("Mapping[str, object]", body)
            body = fields.get("message") or fields.get("error") or fields.get("detail")
    if isinstance(body, list | dict):
        return json.dumps(body)
    text = body if isinstance(body, str) else ""
    return "an HTML page" if re.match(r"\s*<(!doctype|html|\?xml)", text, re.IGNORECASE) else text


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, as `retry-after-ms` or `Retry-After` (seconds or HTTP date) say; else None."""
    exact = _seconds(headers.get("retry-after-ms"))
    if exact is not None:
        return exact / 1000
    said = headers.get("retry-after")
    seconds = _seconds(said)
    if seconds is not None or said is None:
        return seconds
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _seconds(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None
