"""Ways to run a line of code: each is entered once and then run again and again."""

import asyncio
import base64
import contextlib
import json
import shutil
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from liteagent.contracts.sandbox import SandboxRequest
from liteagent.providers.sandbox.local import LocalSandbox
from liteagent_sandbox.pool import Pool
from liteagent_sandbox.protocol import JsonValue, Language, RunRequest
from liteagent_sandbox.settings import Settings

__all__ = ["RIVALS", "Once", "Rival"]

Once = Callable[[], Awaitable[None]]
"""One run."""

_CODE = "import json\ndef main(a):\n    return {'sum': a + 1}\n"
_SCRIPT = "const main = ({a}) => ({sum: a + 1});"
_TEMPLATE = "{% for x in items %}{{ x | upper }}{% endfor %}"
_PLAIN = f"{_CODE}\nprint(json.dumps(main(1)))"
_LIKE_DIFY = "import ctypes, json, sys, traceback\nfrom base64 import b64decode\nexec(b64decode(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Rival:
    """A way, and what it cannot be had without."""

    name: str
    case: str
    opened: Callable[[], contextlib.AbstractAsyncContextManager[Once]]
    needs: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether this machine lacks what it needs."""
        return bool(self.needs) and shutil.which(self.needs) is None


def _sandboxed(
    language: Language, code: str, spares: int
) -> Callable[[], contextlib.AbstractAsyncContextManager[Once]]:
    @contextlib.asynccontextmanager
    async def opened() -> AsyncGenerator[Once]:
        inputs: dict[str, JsonValue] = {"items": ["a", "b"]} if language == "jinja2" else {"a": 1}
        async with Pool(Settings(spares=spares, node_spares=min(spares, 2))) as pool:

            async def once() -> None:
                done = await pool.run(RunRequest(language, code, inputs))
                if done.error_kind is not None:
                    raise RuntimeError(f"{language}: {done.error}")

            yield once

    return opened


@contextlib.asynccontextmanager
async def _called() -> AsyncGenerator[Once]:
    """As the platform calls it: over HTTP, in a process of its own."""
    sandbox = LocalSandbox()
    try:

        async def once() -> None:
            done = await sandbox.run(SandboxRequest("python3", _CODE, {"a": 1}))
            if done.error_kind is not None:
                raise RuntimeError(done.error)

        await once()
        yield once
    finally:
        await sandbox.aclose()


def _spawned(*command: str) -> Callable[[], contextlib.AbstractAsyncContextManager[Once]]:
    @contextlib.asynccontextmanager
    async def opened() -> AsyncGenerator[Once]:
        async def once() -> None:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, env={}
            )
            out, _ = await process.communicate()
            if json.loads(out) != {"sum": 2}:
                raise RuntimeError(f"{command[0]} said {out!r}")

        yield once

    return opened


def _wrapped() -> list[str]:
    python = Path(sys.executable).resolve()
    system = [each for each in ("/usr", "/lib", "/lib64", "/bin") if Path(each).exists()]
    shown = [word for each in (*system, sys.base_prefix) for word in ("--ro-bind", each, each)]
    return [
        "bwrap",
        "--unshare-all",
        "--die-with-parent",
        *shown,
        "--tmpfs",
        "/tmp",
        str(python),
        "-I",
        "-c",
        _PLAIN,
    ]


def _rivals() -> list[Rival]:
    python = str(Path(sys.executable).resolve())
    encoded = base64.b64encode(_PLAIN.encode()).decode()
    return [
        Rival("liteagent", "python", _sandboxed("python3", _CODE, 4)),
        Rival("liteagent, over HTTP", "python", _called),
        Rival("liteagent, on demand", "python", _sandboxed("python3", _CODE, 0)),
        Rival("python -I", "python", _spawned(python, "-I", "-c", _PLAIN)),
        Rival(
            "python -I, as dify-sandbox starts it",
            "python",
            _spawned(python, "-I", "-c", _LIKE_DIFY, encoded),
        ),
        Rival("bubblewrap + python", "python", _spawned(*_wrapped()), "bwrap"),
        Rival("liteagent", "jinja2", _sandboxed("jinja2", _TEMPLATE, 4)),
        Rival("liteagent", "node", _sandboxed("nodejs", _SCRIPT, 4), "node"),
        Rival(
            "node",
            "node",
            _spawned(
                shutil.which("node") or "node", "-e", f"{_SCRIPT} console.log(JSON.stringify(main({{a: 1}})))"
            ),
            "node",
        ),
    ]


RIVALS = _rivals()
"""All of them, ours first in each case."""
