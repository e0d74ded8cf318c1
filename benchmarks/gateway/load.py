"""Clients: at a steady rate, as fast as they can, or many at once that listen.

They speak HTTP over bare sockets, so that what they cost is little beside what they measure.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

__all__ = ["Target", "as_fast_as_possible", "at_rate", "listening"]


@dataclass(frozen=True, slots=True)
class Target:
    """Who is asked: a server of this machine, by which key, for which model."""

    port: int
    key: str
    model: str

    def request(self, *, stream: bool = False) -> bytes:
        """The bytes of a question."""
        body = json.dumps(
            {
                "model": self.model,
                "messages": [{"role": "user", "content": "Hi"}],
                **({"stream": True} if stream else {}),
            }
        ).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n"
        head += f"authorization: Bearer {self.key}\r\ncontent-type: application/json\r\n"
        return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> "_Connection":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> None:
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            rest = await self._reader.read(2000)
            raise RuntimeError(f"{head[:100]!r} {rest[:300]!r}")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if lengths:
            await self._reader.readexactly(int(lengths[0][15:]))
            return
        while size := int(await self._reader.readline(), 16):
            await self._reader.readexactly(size + 2)
        await self._reader.readline()

    async def listen(self, request: bytes) -> tuple[float, int]:
        """Seconds to the first words, and how often there were some."""
        began = time.perf_counter()
        self._writer.write(request)
        first, words = 0.0, 0
        while line := await self._reader.readline():
            if b'"content":"word' in line or b'"content": "word' in line:
                words += line.count(b"word ")
                first = first or time.perf_counter() - began
            elif b"[DONE]" in line:
                break
        return first, words

    def close(self) -> None:
        self._writer.close()


async def at_rate(target: Target, rate: float, seconds: float) -> dict[str, float]:
    """Latencies of requests that begin at a steady rate, whatever becomes of those before."""
    idle: list[_Connection] = []
    latencies: list[float] = []
    request = target.request()

    async def one(due: float) -> None:
        connection = idle.pop() if idle else await _Connection.open(target.port)
        await connection.ask(request)
        latencies.append(time.perf_counter() - due)
        idle.append(connection)

    start = time.perf_counter()
    tasks: list[asyncio.Task[None]] = []
    for number in range(int(rate * seconds)):
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.ensure_future(one(time.perf_counter())))
    await asyncio.gather(*tasks)
    _close(idle)
    return _percentiles(latencies)


async def as_fast_as_possible(target: Target, clients: int, seconds: float) -> dict[str, float]:
    """Requests a second of clients that each wait for their answer."""
    request, done = target.request(), 0
    end = time.perf_counter() + seconds
    latencies: list[float] = []

    async def one() -> None:
        nonlocal done
        connection = await _Connection.open(target.port)
        while (began := time.perf_counter()) < end:
            await connection.ask(request)
            latencies.append(time.perf_counter() - began)
            done += 1
        connection.close()

    await asyncio.gather(*(one() for _ in range(clients)))
    return {"requests_a_second": done / seconds, **_percentiles(latencies)}


async def listening(target: Target, clients: int, words: int, a_second: float) -> dict[str, float]:
    """Streams that are opened at a steady rate and stay open together."""
    request = target.request(stream=True)
    found: list[tuple[float, int]] = []

    async def one(number: int) -> None:
        await asyncio.sleep(number / a_second)
        connection = await _Connection.open(target.port)
        found.append(await connection.listen(request))
        connection.close()

    await asyncio.gather(*(one(number) for number in range(clients)))
    firsts = [first for first, _ in found if first]
    lost = sum(words - heard for _, heard in found)
    return {"first_p50_ms": _at(firsts, 50), "first_p95_ms": _at(firsts, 95), "lost": float(lost)}


def _percentiles(latencies: Sequence[float]) -> dict[str, float]:
    return {"p50_ms": _at(latencies, 50), "p95_ms": _at(latencies, 95), "p99_ms": _at(latencies, 99)}


def _at(values: Sequence[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1] * 1000 if len(values) > 1 else float("nan")


def _close(connections: Sequence[_Connection]) -> None:
    for each in connections:
        each.close()
