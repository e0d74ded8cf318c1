"""Every failure of a vendor's service as one of ours, whatever SDK it came through.

    connection refused, DNS, TLS, reset, cut answer, 409, 5xx      ProviderUnavailableError
    connect and read time, 408, 504                                ProviderTimeoutError
    429                                                            ProviderRateLimitedError
    401, 403                                                       ProviderAuthError
    any other 3xx and 4xx                                          ProviderRequestError
    what is no JSON, no stream, or of another shape                ProviderResponseError

A vendor's own exceptions are added by a subclass; importing this module loads no SDK.
"""

import email.utils
import json
import math
import re
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Final, cast

import httpx2

from liteagent.contracts.errors import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderResponseError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["Failures", "retry_after", "secrets_of"]

_LONGEST_QUOTE: Final = 300
_SHORTEST_SECRET: Final = 4
_UNREADABLE: Final = (ValueError, TypeError, AttributeError, LookupError, RecursionError)


class Failures:
    """Makes our errors out of foreign ones.

    Args:
        endpoint: Where the service is; how long one silence of it may last.
        protocol: Whose format its answers have, for messages.
        start: What to do when it cannot be reached, for messages.
        root: What to check when it answers in another format, for messages.
        secrets: More texts that must never appear in a message; those of the endpoint are known.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        protocol: str,
        start: str = "Check base_url and that the server runs.",
        root: str = "Check that base_url is the API's root.",
        secrets: Iterable[str] = (),
    ) -> None:
        url = httpx2.URL(endpoint.base_url)
        self.where = f"{url.scheme}://{url.netloc.decode('ascii')}"
        """The service's address without what is secret in it."""
        self.timeout = endpoint.timeout
        """Seconds."""
        self._protocol = protocol
        self._start = start
        self._root = root
        known = {*secrets_of(endpoint), *(each for each in secrets if len(each) >= _SHORTEST_SECRET)}
        self._secrets = sorted(known, key=len, reverse=True)

    @contextmanager
    def guard(self, partial: Callable[[], str] = str) -> Generator[None]:
        """Let only ProviderErrors out of the block; `partial` gives the text that had arrived."""
        try:
            yield
        except ProviderError:
            raise
        except Exception as error:
            found = self.translated(error, partial())
            if found is None:
                raise
            raise found from None

    def translated(self, error: Exception, partial: str) -> ProviderError | None:
        """Our error for a foreign one; None for one that no service causes."""
        if isinstance(error, httpx2.HTTPError | httpx2.InvalidURL | httpx2.StreamError | OSError):
            return self.lost(error, partial)
        if isinstance(error, _UNREADABLE):
            return self.malformed(f"It could not be read ({type(error).__name__}).", partial)
        return None

    def malformed(self, why: str, partial: str = "") -> ProviderResponseError:
        """The answer breaks its protocol."""
        said = self._clean(f"{self.where} sent an answer that is not in {self._protocol} format. {why} ")
        return ProviderResponseError(said + self._root, partial=partial)

    def cut(self, partial: str) -> ProviderUnavailableError:
        """The answer stopped before its end."""
        return ProviderUnavailableError(
            f"{self.where} broke off its answer before the end. Try again; what had arrived is kept.",
            partial=partial,
        )

    def lost(self, error: Exception, partial: str) -> ProviderError:
        """There is no connection, or no more."""
        cause = error.__cause__ or error
        causes = (error, cause)
        if _any_is(causes, TimeoutError, httpx2.TimeoutException):
            return ProviderTimeoutError(
                f"{self.where} was silent for {self.timeout:g} s. Try again, or raise the timeout.",
                partial=partial,
            )
        if partial or _any_is(causes, httpx2.RemoteProtocolError, httpx2.ReadError):
            return self.cut(partial)
        if _any_is(causes, httpx2.DecodingError):
            return self.malformed("Its compression is broken.", partial)
        return ProviderUnavailableError(
            f"Cannot reach {self.where}: {self.quote(str(cause)) or type(cause).__name__}. {self._start}",
            partial=partial,
        )

    def status(
        self, status: int, body: object, partial: str = "", wait: float | None = None
    ) -> ProviderError:
        """The service refused.

        Args:
            status: As of HTTP.
            body: What it said, as JSON or text.
            partial: The text that had arrived.
            wait: Seconds after which it may be asked again.
        """
        kind, advice = _sorted_status(status)
        said = self.quote(_words(body)).rstrip(".")
        return kind(
            f"{self.where} answered {status}{': ' + said if said else ''}. {advice}",
            partial=partial,
            retry_after=wait,
            details={"status": status},
        )

    def quote(self, text: str) -> str:
        """One short line of what a server said, without secrets."""
        line = " ".join(self._clean(text).split())
        return line if len(line) <= _LONGEST_QUOTE else line[:_LONGEST_QUOTE] + "…"

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return well_formed(text)


def _any_is(errors: Iterable[BaseException], *kinds: type[Exception]) -> bool:
    return any(isinstance(error, kinds) for error in errors)


def secrets_of(endpoint: Endpoint) -> list[str]:
    """What of an endpoint must never appear in a message, although a server may echo it."""
    url = httpx2.URL(endpoint.base_url)
    asked = (*url.params.values(), *endpoint.query.values())
    held = [endpoint.api_key or "", *endpoint.headers.values(), url.password, *asked]
    return [secret for secret in held if len(secret) >= _SHORTEST_SECRET]


def _sorted_status(status: int) -> tuple[type[ProviderError], str]:
    if status in (401, 403):
        return ProviderAuthError, "Check the provider's API key and what it may do."
    if status == 429:
        return ProviderRateLimitedError, "Wait and try again, or check the account's quota."
    if status in (408, 504):
        return ProviderTimeoutError, "Try again."
    if status == 409 or status >= 500:
        return ProviderUnavailableError, "Try again later."
    return ProviderRequestError, _REFUSED.get(status) or _OTHER[status >= 400]


_REFUSED: Final = {
    402: "Check the account's credit at the provider.",
    404: "Check the model's name and base_url.",
    413: "Send less: the request is over the provider's limit.",
}
_OTHER: Final = (
    "Redirects are not followed: set base_url to the final address.",
    "Check the model's name and the request's size and options.",
)


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
