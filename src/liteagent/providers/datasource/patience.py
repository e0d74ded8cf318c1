"""A fetch that waits when it is told to, and tries again what may pass."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias

import anyio

from liteagent.contracts.fetch import Fetch, FetchError, FetchRequest, FetchResponse, FetchTooLargeError

__all__ = ["PatientFetch", "Sleep", "told_wait"]

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""

_PASSING: Final = frozenset({408, 429, 502, 503, 504})
_NUMBER: Final = re.compile(r"[0-9]{1,12}")


class PatientFetch:
    """A `Fetch` for requests that change nothing.

    Where the server says how long to wait (`Retry-After`, `RateLimit-Reset`), that is what is waited; else
    one second, two, four. When it says that the next request would be one too many, that one waits first.

    Args:
        fetch: Does the fetching; it is not closed with this one.
        attempts: How often one request is sent at most.
        longest_wait: Seconds. If more is asked for, the response is handed back as it is.
        sleep: Waits.
    """

    def __init__(
        self, fetch: Fetch, *, attempts: int = 4, longest_wait: float = 60.0, sleep: Sleep = anyio.sleep
    ) -> None:
        self._fetch = fetch
        self._attempts = attempts
        self._longest_wait = longest_wait
        self._sleep = sleep
        self._held_until = 0.0

    async def __call__(self, request: FetchRequest) -> FetchResponse:
        """See `Fetch`; raises its errors, and hands back the last response whatever its status."""
        for attempt in range(1, self._attempts):
            outcome = await self._once(request)
            wait = self._wait(outcome, attempt)
            if wait is None:
                return _result(outcome)
            await self._sleep(wait)
        return _result(await self._once(request))

    async def aclose(self) -> None:
        """Nothing to release."""

    async def _once(self, request: FetchRequest) -> FetchResponse | FetchError:
        held = self._held_until - anyio.current_time()
        if held > 0:
            await self._sleep(held)
        try:
            response = await self._fetch(request)
        except FetchTooLargeError:
            raise
        except FetchError as error:
            return error
        self._note_quota(response.headers)
        return response

    def _wait(self, outcome: FetchResponse | FetchError, attempt: int) -> float | None:
        """Seconds until another attempt makes sense; None where it does not."""
        if isinstance(outcome, FetchResponse) and outcome.status not in _PASSING:
            return None
        told = told_wait(outcome.headers) if isinstance(outcome, FetchResponse) else None
        wait = 2.0 ** (attempt - 1) if told is None else told
        return wait if wait <= self._longest_wait else None

    def _note_quota(self, headers: Mapping[str, str]) -> None:
        left = _until_reset(headers) if headers.get("ratelimit-remaining", "").strip() == "0" else None
        if left is not None and left <= self._longest_wait:
            self._held_until = anyio.current_time() + left


def told_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a response asks to wait; None where it does not say.

    Times of day are read against the response's own `Date`, so that no other clock has to agree.

    Example:
        >>> told_wait({"retry-after": "30"})
        30.0
    """
    text = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    now, until = _date(headers.get("date", "")), _date(text)
    if now and until:
        return max(0.0, (until - now).total_seconds())
    return _until_reset(headers)


def _until_reset(headers: Mapping[str, str]) -> float | None:
    now, reset = _date(headers.get("date", "")), headers.get("ratelimit-reset", "").strip()
    if now is None or not _NUMBER.fullmatch(reset):
        return None
    return max(0.0, int(reset) - now.timestamp())


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return found if found.tzinfo else None


def _result(outcome: FetchResponse | FetchError) -> FetchResponse:
    if isinstance(outcome, FetchError):
        raise outcome
    return outcome
