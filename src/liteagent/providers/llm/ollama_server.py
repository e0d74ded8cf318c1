"""An Ollama server over HTTP: questions answered at once, and a chat line by line."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import anyio
import httpx2

from liteagent.contracts.errors import ProviderError, ProviderRequestError
from liteagent.providers.vendors.connections import open_connections
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.failures import Failures, retry_after
from liteagent.providers.vendors.patience import Patience

__all__ = ["OllamaServer", "Spoken"]

_LONGEST_LINE: Final = 8 * 1024 * 1024
_LONGEST_ANSWER: Final = 16 * 1024 * 1024
_FAREWELL: Final = 1.0


class OllamaServer:
    """The server and its connections.

    Args:
        endpoint: Where it is.
        transport: Carries the requests; tests hand in their own.
    """

    def __init__(self, endpoint: Endpoint, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._timeout = endpoint.timeout
        self.failures = Failures(
            endpoint,
            "Ollama's",
            "Start it with: ollama serve. If it runs elsewhere, set base_url.",
            "Check that base_url is an Ollama server's, like http://127.0.0.1:11434.",
        )
        key = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key else {}
        self._client = open_connections(
            endpoint,
            transport,
            base_url=endpoint.base_url,
            headers={**key, **endpoint.headers},
            params=dict(endpoint.query),
        )

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> object:
        """The JSON of one answer.

        Raises:
            ProviderError: The server cannot be reached, refuses, or says no JSON.
        """
        spoken = await self.open(method, path, body)
        try:
            with self.failures.guard():
                return json.loads(await Patience(self._timeout).wait(spoken.rest()))
        finally:
            await spoken.close()

    async def open(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> "Spoken":
        """An answer that begins; it has to be closed.

        Raises:
            ProviderError: The server cannot be reached, or refuses.
        """
        with self.failures.guard():
            request = self._client.build_request(method, path, json=body)
            response = await Patience(self._timeout).wait(self._client.send(request, stream=True))
        spoken = Spoken(response, self._timeout)
        if response.status_code == 200:
            return spoken
        try:
            raise await self._refusal(spoken, str((body or {}).get("model", "")))
        finally:
            await spoken.close()

    async def aclose(self) -> None:
        """Close the connections that are kept for reuse."""
        await self._client.aclose()

    async def _refusal(self, spoken: "Spoken", model: str) -> ProviderError:
        response = spoken.response
        with self.failures.guard():
            told = (await Patience(self._timeout).wait(spoken.rest())).decode("utf-8", "replace")
        if response.status_code == 404 and "model" in told.lower() and model:
            return ProviderRequestError(
                f"The Ollama server has no model {model!r}. Fetch it with: ollama pull {model}",
                details={"status": 404, "model": model},
            )
        wait = retry_after(response.headers, time.time())
        return self.failures.status(response.status_code, _read(told), wait=wait)


class Spoken:
    """An answer as it arrives.

    Args:
        response: Its beginning.
        timeout: Seconds that one silence may last.
    """

    def __init__(self, response: httpx2.Response, timeout: float) -> None:
        self.response = response
        self._timeout = timeout
        self._chunks = response.aiter_bytes()
        self._lines = self._split()

    async def line(self) -> object:
        """The JSON of the next line; None after the last.

        Raises:
            ValueError: The line is no JSON, or longer than any has a right to be.
        """
        line = await Patience(self._timeout).wait(anext(self._lines, None))
        return None if line is None else json.loads(line)

    async def rest(self) -> bytes:
        """Everything that is still to come, up to a limit."""
        parts = bytearray()
        async for chunk in self._chunks:
            parts += chunk
            if len(parts) > _LONGEST_ANSWER:
                raise ValueError("The answer is too long.")
        return bytes(parts)

    async def leave(self) -> None:
        """Read to the end, so that the connection can be used again; what comes does not matter."""
        try:
            with anyio.move_on_after(min(_FAREWELL, self._timeout)):
                await anext(self._lines, None)
        except (httpx2.HTTPError, httpx2.StreamError, OSError, ValueError):
            return

    async def close(self) -> None:
        """Give the connection up, even when the task is being cancelled."""
        with anyio.CancelScope(shield=True):
            await self.response.aclose()

    async def _split(self) -> AsyncIterator[bytes]:
        held = bytearray()
        async for chunk in self._chunks:
            *whole, rest = chunk.split(b"\n")
            for piece in whole:
                line = _bounded(held + piece)
                held.clear()
                if line.strip():
                    yield bytes(line)
            held = _bounded(held + rest)
        if held.strip():
            yield bytes(held)


def _bounded(line: bytearray) -> bytearray:
    if len(line) > _LONGEST_LINE:
        raise ValueError("A line is too long.")
    return line


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
