"""A sandbox service elsewhere: what is sent, what answers mean, and how much patience there is."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.sandbox import SandboxRequest, SandboxResult
from liteagent.providers.sandbox.remote import RemoteSandbox, create
from liteagent.providers.vendors.endpoint import Endpoint

REQUEST = SandboxRequest("python3", "result = 1", {"n": 10**30, "deep": ({"a": [1]},)}, limits={"wall": 2.0})
ONLINE = SandboxRequest("python3", "result = 1", enable_network=True)
KEY = "a key"

Answer = Callable[[httpx2.Request], httpx2.Response]


def _ran(**data: Any) -> httpx2.Response:
    whole = {"stdout": "", "stderr": "", "error": "", "exit_code": 0, "result": None, "error_kind": None}
    return httpx2.Response(200, json={"code": 0, "message": "success", "data": {**whole, **data}})


def _busy(**headers: str) -> httpx2.Response:
    body = {"code": -503, "message": "Too many requests", "data": {"error_kind": "busy", "error": "full"}}
    return httpx2.Response(503, json=body, headers=headers)


class Service:
    """Answers one after the other; a sandbox on it does not wait between two tries."""

    def __init__(self, *answers: httpx2.Response | type[Exception]) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []
        self.pauses: list[float] = []
        endpoint = Endpoint("http://sandbox:8194", KEY)
        self.sandbox = RemoteSandbox(endpoint, httpx2.MockTransport(self._answer), self._pause)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, httpx2.Response):
            return answer
        raise answer("broken")

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def run(self, request: SandboxRequest = REQUEST) -> SandboxResult:
        try:
            return await self.sandbox.run(request)
        finally:
            await self.sandbox.aclose()


async def test_what_is_sent_and_what_comes_back() -> None:
    service = Service(_ran(result={"a": 1}, stdout="x", stderr="y", duration_ms=1.5))
    assert await service.run() == SandboxResult({"a": 1}, "x", "y", duration_ms=1.5)
    (request,) = service.requests
    assert str(request.url) == "http://sandbox:8194/v1/sandbox/run"
    assert request.headers["x-api-key"] == KEY
    assert json.loads(request.content) == {
        "language": "python3",
        "code": "result = 1",
        "inputs": {"n": 10**30, "deep": [{"a": [1]}]},
        "enable_network": False,
        "limits": {"wall": 2.0},
    }
    assert request.extensions["timeout"]["read"] == 62.0


async def test_a_failed_run_is_not_repeated() -> None:
    result = await Service(_ran(error="no", error_kind="memory", exit_code=1)).run()
    assert (result.error_kind, result.error) == ("memory", "no")


async def test_another_service_of_this_kind_tells_a_failure_by_the_exit_code() -> None:
    result = await Service(_ran(error="NameError", exit_code=1)).run()
    assert (result.error_kind, result.error) == ("runtime_error", "NameError")


async def test_a_busy_one_is_asked_again_when_it_says() -> None:
    service = Service(_busy(**{"Retry-After": "2"}), _busy(), _ran(result=1))
    assert (await service.run()).result == 1
    assert 1.5 <= service.pauses[0] <= 2.5
    assert 0.15 <= service.pauses[1] <= 0.25


async def test_patience_ends() -> None:
    service = Service(*(_busy(**{"Retry-After": "600"}) for _ in range(5)))
    assert (await service.run()).error_kind == "busy"
    assert len(service.requests) == 5
    assert max(service.pauses) <= 12.5


async def test_one_that_is_not_there_is_waited_for() -> None:
    service = Service(httpx2.ConnectError, httpx2.ConnectTimeout, _ran(result=1))
    assert (await service.run(ONLINE)).result == 1
    lost = await Service(*[httpx2.ConnectError] * 5).run()
    assert lost.error_kind == "unavailable"
    assert "SANDBOX_ENDPOINT" in lost.error


async def test_a_line_that_breaks_is_tried_again_unless_the_run_had_a_network() -> None:
    assert (await Service(httpx2.ReadError, _ran(result=1)).run()).result == 1
    service = Service(httpx2.ReadError)
    assert (await service.run(ONLINE)).error_kind == "unavailable"
    assert len(service.requests) == 1


async def test_an_answer_that_takes_too_long_is_not_waited_for_twice() -> None:
    service = Service(httpx2.ReadTimeout)
    assert (await service.run()).error_kind == "unavailable"
    assert len(service.requests) == 1


async def test_a_refused_request_says_why() -> None:
    body = {"code": -400, "message": "unsupported language", "data": None}
    result = await Service(httpx2.Response(400, json=body)).run()
    assert (result.error_kind, result.error) == ("bad_request", "unsupported language")


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (httpx2.Response(401), "SANDBOX_API_KEY"),
        (httpx2.Response(200, text="<html>"), "SANDBOX_ENDPOINT"),
        (httpx2.Response(404, json={"detail": "Not Found"}), "SANDBOX_ENDPOINT"),
        (httpx2.Response(200, json=[1]), "SANDBOX_ENDPOINT"),
    ],
)
async def test_what_is_set_wrong_is_named(answer: httpx2.Response, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as caught:
        await Service(answer).run()
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{}, {"endpoint": "sandbox:8194"}, {"endpoint": "http://a", "api_key": "\n"}]
)
def test_an_unusable_address_or_key_is_refused_at_the_start(options: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="SANDBOX_ENDPOINT"):
        create(options)
