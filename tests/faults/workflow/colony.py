"""Worker processes as a test has them: begun in milliseconds, killed with SIGKILL, and gone at the end."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.workflow.life import Orders

__all__ = ["Colony", "Member", "colony"]

_ROOT = Path(__file__).parents[3]


@dataclass(slots=True)
class Member:
    """A process.

    Attributes:
        said: What it has told, in order.
        code: What it ended with; minus the signal's number where it was killed.
    """

    orders: Orders
    pid: int = 0
    said: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    code: int | None = None
    born: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def logged(self) -> list[str]:
        """What it has logged."""
        return [each["log"] for each in self.said if "log" in each]

    async def end(self, seconds: float = 30.0) -> int:
        """Its exit code, once it is gone.

        Raises:
            TimeoutError: It lives on.
        """
        async with asyncio.timeout(seconds):
            await self.gone.wait()
        assert self.code is not None
        return self.code

    async def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
        await self.end()


class Colony:
    """All processes of a test."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._unborn: dict[int, Member] = {}
        self._members: dict[int, Member] = {}
        self._count = 0

    async def begin(self, **orders: Any) -> Member:
        """A process with these orders; it is begun when this returns."""
        assert self._process.stdin is not None
        self._count += 1
        member = Member(Orders(number=self._count, **orders))
        self._unborn[self._count] = member
        self._process.stdin.write(json.dumps(asdict(member.orders)).encode() + b"\n")
        async with asyncio.timeout(60):
            await member.born.wait()
        return member

    async def listen(self) -> None:
        """Take in what the processes tell."""
        assert self._process.stdout is not None
        early: dict[int, list[Mapping[str, Any]]] = {}
        async for line in self._process.stdout:
            told = json.loads(line)
            if "born" in told:
                member = self._unborn.pop(told["born"])
                member.pid = told["pid"]
                member.said += early.pop(member.pid, [])
                self._members[member.pid] = member
                member.born.set()
            elif "gone" in told:
                member = self._members.pop(told["pid"])
                member.code = told["gone"]
                member.gone.set()
            elif told["pid"] in self._members:
                self._members[told["pid"]].said.append(told)
            else:
                early.setdefault(told["pid"], []).append(told)


@asynccontextmanager
async def colony() -> AsyncGenerator[Colony]:
    """A colony; whatever is left of it at the end is killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.faults.workflow.zygote",
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    members = Colony(process)
    listening = asyncio.create_task(members.listen())
    try:
        yield members
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(30):
                await process.wait()
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        await listening
