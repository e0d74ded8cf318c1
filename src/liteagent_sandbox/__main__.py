"""`python -m liteagent_sandbox`: the service. Settings come from `SANDBOX_*`; 1 when it cannot start."""

import argparse
import asyncio
import json
import os
import socket
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import replace

import uvicorn

from liteagent_sandbox.forks import StartError
from liteagent_sandbox.pool import Pool
from liteagent_sandbox.service import create_app
from liteagent_sandbox.settings import Settings, SettingsError

__all__ = ["main", "serve"]

_BACKLOG = 1024
_PATIENCE = 3
"""Seconds that runs have when the service is told to stop."""


async def serve(settings: Settings, path: str | None = None) -> None:
    """Serve until told to stop.

    Args:
        settings: Those of the service.
        path: Where to make a socket for the parent alone, and say on standard output when it is ready; it
            ends when standard input does. None serves the network.

    Raises:
        SettingsError: A setting cannot be used.
        StartError: This host offers too little, which the message says.
    """
    pool = Pool(settings)
    app = create_app(settings, pool)
    async with pool:
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_PATIENCE,
        )
        server = uvicorn.Server(config)
        if path is None:
            _introduce(pool)
            await server.serve()
        else:
            with _listening(path) as listener:
                asyncio.get_running_loop().add_reader(sys.stdin, _follow_parent, server)
                _tell({"level": pool.level, "weaknesses": pool.ground.weaknesses})
                await server.serve(sockets=[listener])


def _introduce(pool: Pool) -> None:
    ground = pool.ground
    _say(f"sandbox: level {ground.level} ({', '.join(sorted(ground.layers)) or 'no walls'})")
    for line in (*ground.weaknesses, *ground.missing.values()):
        _say(f"sandbox: {line}")


def _listening(path: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(_BACKLOG)
    return listener


def _follow_parent(server: uvicorn.Server) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin)
        server.should_exit = True


def _run(serving: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=_loop) as runner:
        runner.run(serving)


def _loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _tell(said: dict[str, object]) -> None:
    sys.stdout.write(f"{json.dumps(said)}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="liteagent sandbox", description=__doc__)
    parser.add_argument("--host", help="address to listen on (SANDBOX_HOST; 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port (SANDBOX_PORT; 8194)")
    parser.add_argument("--socket", help="serve the parent process only, on a socket at this path")
    given = parser.parse_args(arguments)
    try:
        settings = Settings.read(os.environ)
        named = {name: value for name in ("host", "port") if (value := getattr(given, name)) is not None}
        _run(serve(replace(settings, **named), given.socket))
    except (SettingsError, StartError) as error:
        if given.socket:
            _tell({"error": str(error)})
        else:
            _say(f"sandbox: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
