"""The sandbox `remote`: a service that somebody else has started, here or on another machine."""

import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
import httpx2

from liteagent.contracts.errors import ConfigurationError, InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.sandbox import SandboxRequest, SandboxResult
from liteagent.providers.sandbox.wire import ROUTE, as_body, as_result, patience
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.failures import retry_after

__all__ = ["RemoteSandbox", "create"]

_TRIES: Final = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0
_PASSING: Final = frozenset({"busy", "unavailable"})
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class RemoteSandbox:
    """Speaks to a service, and has patience with one that is busy or is being started anew.

    Nothing is repeated that may have run with a network: what it did outside cannot be undone.

    Args:
        endpoint: The service's root and key.
        transport: Carries the requests instead of the network.
        pause: Waits so many seconds between two tries; tests pass one that does not.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        transport: httpx2.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._where = endpoint.base_url
        self._pause = pause
        self._client = httpx2.AsyncClient(
            base_url=endpoint.base_url,
            headers={"Content-Type": "application/json", **_key(endpoint)},
            transport=transport,
            trust_env=False,
        )

    async def run(self, request: SandboxRequest) -> SandboxResult:
        """Run it to its end or its limits; `busy` and `unavailable` only after several tries."""
        body = as_body(request)
        result = SandboxResult(error_kind="unavailable")
        for count in range(_TRIES):
            result, wait, is_over = await self._tried(request, body)
            if is_over or count == _TRIES - 1:
                break
            await self._wait(wait if wait is not None else _FIRST_PAUSE * 2**count)
        return result

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _wait(self, seconds: float) -> None:
        # Not all at the same moment: those that were sent away together come back one by one.
        spread = random.uniform(0.75, 1.25)  # noqa: S311 - guards nothing
        await self._pause(min(seconds, _LONGEST_PAUSE) * spread)

    async def _tried(self, request: SandboxRequest, body: bytes) -> tuple[SandboxResult, float | None, bool]:
        """What one try came to, how long to wait before the next, and whether there is to be none."""
        try:
            response = await self._client.post(ROUTE, content=body, timeout=patience(request))
        except _NOT_SENT as error:
            return self._lost(error), None, False
        except httpx2.TimeoutException as error:
            return self._lost(error), None, True
        except httpx2.HTTPError as error:
            return self._lost(error), None, request.enable_network
        result = as_result(response.status_code, response.content, self._where)
        wait = retry_after(response.headers, time.time())
        return result, wait, result.error_kind not in _PASSING

    def _lost(self, error: httpx2.HTTPError) -> SandboxResult:
        why = str(error) or type(error).__name__
        return SandboxResult(
            error=f"The sandbox at {self._where} cannot be reached ({why}). "
            "Start it with `liteagent sandbox`, or correct SANDBOX_ENDPOINT.",
            error_kind="unavailable",
        )


def create(options: JsonObject) -> RemoteSandbox:
    """The client of a service, as the entry point `liteagent.sandbox` makes it.

    Args:
        options: `endpoint`, and `api_key` where the service asks for one.

    Raises:
        ConfigurationError: The address or the key is unusable.
    """
    endpoint, key = options.get("endpoint"), options.get("api_key")
    if not endpoint:
        raise ConfigurationError(
            "SANDBOX_MODE is remote, and SANDBOX_ENDPOINT is not set. Set it to the service's address, "
            "like http://sandbox:8194."
        )
    try:
        return RemoteSandbox(Endpoint(str(endpoint), str(key) if key else None))
    except InvalidInputError as error:
        raise ConfigurationError(f"SANDBOX_ENDPOINT or SANDBOX_API_KEY: {error.message}") from None


def _key(endpoint: Endpoint) -> dict[str, str]:
    return {} if endpoint.api_key is None else {"X-Api-Key": endpoint.api_key}
