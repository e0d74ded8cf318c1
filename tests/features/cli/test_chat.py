"""`liteagent chat`."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from liteagent import LiteAgent

Cli = Callable[..., Any]

_OWN_IT = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Makes its standard input the terminal that Ctrl-C comes from, then becomes the command."""


def test_a_conversation_goes_on_until_an_empty_line(cli: Cli, handbook: Path, data: Path) -> None:
    typed = "How do I roll back a release?\nWhat are the support hours?\n\nNever asked.\n"
    done = cli("chat", "--docs", handbook, "--data", data, typed=typed)
    assert done.code == 0
    assert "deploy rollback VERSION" in done.out
    assert "Support hours are from 9 to 17 on weekdays." in done.out
    assert done.out.count("no language model") == 2
    assert "you>" not in done.out
    said = anyio.run(_said, data)
    assert said[0::2] == ["How do I roll back a release?", "What are the support hours?"]


async def _said(data: Path) -> list[str]:
    """Everything said in the one conversation that there is."""
    async with LiteAgent(data=data) as lite:
        (conversation,) = (await lite.platform.chat.list(lite.principal)).items
        found = await lite.platform.chat.get(lite.principal, conversation.id)
        return [message.content for message in found.messages]


def test_the_end_of_the_input_ends_it_too(cli: Cli, handbook: Path, data: Path) -> None:
    done = cli("chat", "--docs", handbook, "--data", data)
    assert (done.code, done.out) == (0, "")
    assert "Ask handbook" in done.err


def test_an_unknown_agent_is_an_error(cli: Cli, data: Path) -> None:
    done = cli("chat", "--agent", "nobody", "--data", data)
    assert done.code == 1
    assert "There is no agent 'nobody'" in done.err
    assert "Traceback" not in done.err


class Terminal:
    """A process at a terminal."""

    def __init__(self, command: list[str]) -> None:
        self._terminal, inside = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _OWN_IT, *command], stdin=inside, stdout=inside, stderr=inside
        )
        os.close(inside)
        self.shown = ""

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def wait_for(self, text: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        start = len(self.shown)
        while text not in self.shown[start:]:
            assert time.monotonic() < end, self.shown
            self.read()

    def read(self) -> bool:
        if not select.select([self._terminal], [], [], 0.1)[0]:
            return True
        try:
            self.shown += os.read(self._terminal, 65536).decode("utf-8", "replace")
        except OSError:  # the process has let go of the terminal
            return False
        return True

    def interrupt(self, presses: int = 5) -> int:
        """Press Ctrl-C, and again if need be: a line editor that has just printed its prompt may miss one."""
        for _ in range(presses):
            self.type("\x03")
            end = time.monotonic() + 6
            while self.read() and self._process.poll() is None and time.monotonic() < end:
                pass
            if self._process.poll() is not None:
                break
        return self._process.wait(1)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)


@pytest.fixture
def terminal(program: list[str], handbook: Path, data: Path) -> Iterator[Terminal]:
    found = Terminal([*program, "chat", "--docs", str(handbook), "--data", str(data)])
    yield found
    found.close()


def test_ctrl_c_ends_it_at_once_and_cleanly(terminal: Terminal) -> None:
    terminal.wait_for("you> ")
    terminal.type("How do I roll back a release?\n")
    terminal.wait_for("you> ")
    assert "deploy rollback VERSION" in terminal.shown
    assert terminal.interrupt() == 130
    assert "Traceback" not in terminal.shown
