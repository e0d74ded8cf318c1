"""The sandbox `local`: the service as a child of this process, started when it is first needed."""

import sys
from importlib.util import find_spec

import anyio
import httpx2

from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.sandbox import SandboxRequest, SandboxResult
from liteagent.providers.sandbox.child import SandboxChild, StartRefusedError
from liteagent.providers.sandbox.wire import ROUTE, as_body, as_result, patience

__all__ = ["LocalSandbox", "create"]

_WHERE = "this machine"
_TRIES = 2


class LocalSandbox:
    """Runs code in a child with the isolation of the service, over a socket that nobody else can open.

    The child is started by the first run and by the first after it has died; it ends with this process,
    however that ends.
    """

    def __init__(self) -> None:
        self._child: SandboxChild | None = None
        self._starting = anyio.Lock()

    @property
    def pid(self) -> int | None:
        """The child's process; None while there is none."""
        return None if self._child is None else self._child.pid

    async def run(self, request: SandboxRequest) -> SandboxResult:
        """Run it to its end or its limits; once more where the child died and the run had no network.

        Raises:
            ConfigurationError: This machine cannot hold foreign code; the message says what it lacks.
        """
        body = as_body(request)
        why = ""
        for _ in range(1 if request.enable_network else _TRIES):
            child = await self._living()
            try:
                response = await child.client.post(ROUTE, content=body, timeout=patience(request))
            except httpx2.HTTPError as error:
                why = str(error) or type(error).__name__
                await child.settle()
                continue
            return as_result(response.status_code, response.content, _WHERE)
        return SandboxResult(error=f"The sandbox ended while it ran this ({why}).", error_kind="unavailable")

    async def aclose(self) -> None:
        """End the child, and whatever runs in it."""
        async with self._starting:
            child, self._child = self._child, None
            if child is not None:
                await child.close()

    async def _living(self) -> SandboxChild:
        child = self._child
        if child is not None and child.is_alive:
            return child
        async with self._starting:
            if self._child is not None and self._child.is_alive:
                return self._child
            if self._child is not None:
                await self._child.close()
                self._child = None
            try:
                self._child = await SandboxChild.started()
            except StartRefusedError as error:
                raise _unfit(str(error)) from None
            return self._child


def create(options: JsonObject) -> LocalSandbox:
    """The sandbox of this process, as the entry point `liteagent.sandbox` makes it; nothing is started yet.

    Raises:
        ConfigurationError: There can be none on this machine.
    """
    del options  # the child reads SANDBOX_* by itself
    if sys.platform != "linux":
        raise _unfit("it takes Linux to hold foreign code")
    if find_spec("liteagent_sandbox") is None:
        raise _unfit("the package liteagent_sandbox is not installed")
    return LocalSandbox()


def _unfit(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"No sandbox configured: {why}. Start one where it can run with `liteagent sandbox`, and set "
        "SANDBOX_MODE=remote and SANDBOX_ENDPOINT; see docs/sandbox.md."
    )
