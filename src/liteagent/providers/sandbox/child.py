"""The child that a local sandbox has: the service, on a socket in a folder of its own."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import anyio
import anyio.to_thread
import httpx2

__all__ = ["SandboxChild", "StartRefusedError"]

_MODULE = "liteagent_sandbox"
_START_SECONDS, _END_SECONDS, _DYING_SECONDS = 30.0, 8.0, 1.0
_OWN = "SANDBOX_"
_OF_A_SERVICE = ("SANDBOX_API_KEY", "SANDBOX_HOST", "SANDBOX_PORT", "SANDBOX_MODE", "SANDBOX_ENDPOINT")


class StartRefusedError(Exception):
    """It did not start; the message is its reason."""


@dataclass(slots=True)
class SandboxChild:
    """One that has started.

    Attributes:
        client: Speaks to it.
    """

    process: asyncio.subprocess.Process
    folder: Path
    client: httpx2.AsyncClient

    @classmethod
    async def started(cls) -> Self:
        """Start it, and wait until its walls stand.

        Raises:
            StartRefusedError: They cannot.
        """
        folder = Path(await anyio.to_thread.run_sync(tempfile.mkdtemp, None, "liteagent-sandbox-"))
        path = folder / "socket"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", _MODULE, "--socket", str(path)),
            stdin=asyncio.subprocess.PIPE,  # it ends when this is closed, whoever closes it
            stdout=asyncio.subprocess.PIPE,
            env=_environment(),
            cwd=folder.anchor,
            start_new_session=True,
        )
        client = httpx2.AsyncClient(
            transport=httpx2.AsyncHTTPTransport(uds=str(path), limits=httpx2.Limits(max_connections=None)),
            base_url="http://sandbox",
            headers={"Content-Type": "application/json"},
        )
        child = cls(process, folder, client)
        try:
            await child._greeted()
        except BaseException:
            with anyio.CancelScope(shield=True):
                await child.close()
            raise
        return child

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can be spoken to."""
        return self.process.returncode is None

    async def settle(self) -> None:
        """After a line has broken: wait until it is known whether it has died, which is likely."""
        with anyio.move_on_after(_DYING_SECONDS):
            await self.process.wait()

    async def close(self) -> None:
        """End it; runs under way have a moment."""
        await self.client.aclose()
        if self.process.stdin is not None:
            self.process.stdin.close()
        with anyio.move_on_after(_END_SECONDS):
            await self.process.wait()
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        await anyio.to_thread.run_sync(shutil.rmtree, self.folder, True)

    async def _greeted(self) -> None:
        assert self.process.stdout is not None
        line = b""
        with anyio.move_on_after(_START_SECONDS):
            line = await self.process.stdout.readline()
        try:
            said = json.loads(line)
        except ValueError:
            raise StartRefusedError("the sandbox ended before it was ready, or takes too long") from None
        if "error" in said:
            raise StartRefusedError(str(said["error"]))


def _environment() -> dict[str, str]:
    """Nothing of ours but where programs are, and the sandbox's own settings."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(_OWN)}
    for name in _OF_A_SERVICE:
        kept.pop(name, None)
    return {"PATH": os.environ.get("PATH", os.defpath), **kept}
