"""A receiver behind HTTP: `POST /effects/{run}/{step}` with `{"n": number}` and an `Idempotency-Key`."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.faults.workflow.receiver import Fault, Receiver, RefusedError

__all__ = ["EffectLedger", "call_ledger"]


@dataclass
class EffectLedger:
    """Listens on the loopback.

    Attributes:
        delay: The longest time, in seconds, that an answer takes; each takes its own part of it.
        seed: Of these times.
    """

    receiver: Receiver = field(default_factory=Receiver)
    delay: float = 0.0
    seed: int = 0
    url: str = ""

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator["EffectLedger"]:
        """Listen on a free port."""
        self._random = random.Random(self.seed)
        self._open: set[asyncio.StreamWriter] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=1000)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for writer in self._open:
                writer.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._answered(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # whoever asked was killed
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer a request; whether the connection is kept for another."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        _, _, run_id, step = first.split()[1].split("/")
        body: Mapping[str, int | str] = json.loads(
            await reader.readexactly(int(headers.get("content-length", 0)))
        )
        try:
            answer, fault = self.receiver.receive(
                run_id, step, headers.get("idempotency-key", ""), int(body["n"])
            )
        except RefusedError:
            return False
        if self.delay:
            await asyncio.sleep(self._random.uniform(0, self.delay))
        if fault is Fault.HANG:
            await reader.read()  # until the caller goes away
        if fault is not Fault.NONE:
            return False
        content = json.dumps({"n": answer}).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(content), content)
        )
        await writer.drain()
        return headers.get("connection", "").lower() != "close"


async def call_ledger(url: str, run_id: str, step: str, key: str, value: int) -> int:
    """The answer of the ledger at `url`.

    Raises:
        ConnectionError: There is none.
    """
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        content = json.dumps({"n": value}).encode()
        named = f"Idempotency-Key: {key}\r\n" if key else ""
        head = f"POST /effects/{run_id}/{step} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{named}"
        writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        answer = await reader.read()
        if not answer:
            raise ConnectionResetError("the answer was lost")
        return int(json.loads(answer.partition(b"\r\n\r\n")[2])["n"])
    finally:
        writer.close()
