"""A process that has everything imported, and forks a worker for each line that it reads, in milliseconds.

It is told lives as JSON lines, and tells what becomes of them: `{"pid", "born"}`, `{"pid", "gone"}`, and
between the two whatever the life says. At the end of its input it kills whatever is left.
"""

import importlib
import json
import os
import selectors
import signal
import sys

from tests.faults.workflow import life

__all__ = ["main"]


def main() -> None:
    """Fork and bury until there is nothing more to read."""
    importlib.import_module("anyio._backends._asyncio")  # else every child does it by itself
    with selectors.DefaultSelector() as watched:
        watched.register(sys.stdin.fileno(), selectors.EVENT_READ)
        buffer = b""
        while True:
            for key, _ in watched.select():
                if key.data is not None:
                    _bury(watched, key.fd, key.data)
                    continue
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    return _kill_all(watched)
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    _give_birth(watched, line)


def _give_birth(watched: selectors.BaseSelector, line: bytes) -> None:
    pid = os.fork()
    if pid == 0:
        _live(line)
    watched.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
    life.say(born=json.loads(line)["number"], pid=pid)


def _live(line: bytes) -> None:
    """The child; it never returns."""
    code = 1
    try:
        os.close(0)
        life.main(life.Orders(**json.loads(line)))
        code = 0
    except BaseException as error:  # noqa: BLE001  told to the test, which knows what to make of it
        life.say(raised=f"{type(error).__name__}: {error}")
    finally:
        os._exit(code)


def _bury(watched: selectors.BaseSelector, handle: int, pid: int) -> None:
    watched.unregister(handle)
    os.close(handle)
    _, status = os.waitpid(pid, 0)
    life.say(gone=os.waitstatus_to_exitcode(status), pid=pid)


def _kill_all(watched: selectors.BaseSelector) -> None:
    for key in list(watched.get_map().values()):
        if key.data is not None:
            os.kill(key.data, signal.SIGKILL)
            os.waitpid(key.data, 0)


if __name__ == "__main__":
    main()
