"""Waiting as long as a server says, and no longer than is sensible."""

from collections.abc import Sequence

import pytest
from anyio.lowlevel import checkpoint

from liteagent.contracts.fetch import FetchError, FetchRequest, FetchResponse, FetchTooLargeError
from liteagent.providers.datasource.patience import PatientFetch, told_wait
from liteagent.testing.fetch import FetchReply, ScriptedFetch

_REQUEST = FetchRequest("GET", "https://example.com/")
_NOON = "Sat, 21 Nov 2026 12:00:00 GMT"
_NOON_SECONDS = 1795262400


def _reply(status: int, **headers: str) -> FetchResponse:
    return FetchResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"", "")


async def _tried(replies: Sequence[FetchReply]) -> tuple[FetchResponse | FetchError, list[float]]:
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)
        await checkpoint()

    fetch = PatientFetch(ScriptedFetch(replies), attempts=3, longest_wait=60, sleep=sleep)
    try:
        return await fetch(_REQUEST), naps
    except FetchError as error:
        return error, naps


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "soon", "date": _NOON}, None),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, None),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT", "date": _NOON}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT", "date": _NOON}, 0.0),
        ({"ratelimit-reset": str(_NOON_SECONDS + 12), "date": _NOON}, 12.0),
        ({"ratelimit-reset": str(_NOON_SECONDS + 12)}, None),
    ],
)
def test_how_long_a_response_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert told_wait(headers) == seconds


async def test_what_passes_is_tried_again() -> None:
    lost = FetchError("lost")
    outcome, naps = await _tried([lost, _reply(503), _reply(200)])
    assert (isinstance(outcome, FetchResponse) and outcome.status, naps) == (200, [1.0, 2.0])


@pytest.mark.parametrize("status", [200, 304, 401, 404, 500])
async def test_what_stays_is_not(status: int) -> None:
    outcome, naps = await _tried([_reply(status)])
    assert (isinstance(outcome, FetchResponse) and outcome.status, naps) == (status, [])


async def test_the_last_attempt_is_the_answer() -> None:
    outcome, naps = await _tried([_reply(429, retry_after="5")] * 3)
    assert (isinstance(outcome, FetchResponse) and outcome.status, naps) == (429, [5.0, 5.0])
    outcome, naps = await _tried([FetchError("lost")] * 3)
    assert (isinstance(outcome, FetchError), naps) == (True, [1.0, 2.0])


async def test_a_wait_that_is_too_long_is_not_begun() -> None:
    outcome, naps = await _tried([_reply(429, retry_after="61")])
    assert (isinstance(outcome, FetchResponse) and outcome.status, naps) == (429, [])


async def test_what_is_too_large_stays_so() -> None:
    outcome, naps = await _tried([FetchTooLargeError("long")])
    assert (isinstance(outcome, FetchTooLargeError), naps) == (True, [])
