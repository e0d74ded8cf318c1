"""A server on a socket that begins an answer and never ends it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import anyio.abc

__all__ = ["SlowServer", "slow_server"]


class SlowServer:
    """Sends its beginning to each client, and notices when one goes away.

    Args:
        beginning: What it sends of the body.
    """

    def __init__(self, beginning: bytes) -> None:
        self._beginning = beginning
        self._port = 0
        self.gone = anyio.Event()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._port}"

    async def serve(self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled."""
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        self._port = listener.extra(anyio.abc.SocketAttribute.local_port)
        task_status.started()
        async with listener:
            await listener.serve(self._handle)

    async def _handle(self, stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
            await stream.send(self._beginning)
            try:
                while True:
                    await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                self.gone.set()


@asynccontextmanager
async def slow_server(beginning: bytes) -> AsyncGenerator[SlowServer]:
    """One that runs."""
    server = SlowServer(beginning)
    async with anyio.create_task_group() as group:
        await group.start(server.serve)
        yield server
        group.cancel_scope.cancel()
