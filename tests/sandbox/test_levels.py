"""The three levels, as root and as an ordinary user."""

import json
import os

import pytest

from tests.sandbox.stranger import run_as

_TRYING = """
import asyncio, json, sys
from liteagent_sandbox.pool import Pool
from liteagent_sandbox.protocol import Limits, RunRequest
from liteagent_sandbox.settings import Settings

RUNS = [
    ("python3", "def main(a): return a + 1", {"a": 1}),
    ("jinja2", "{{ a }}", {"a": 1}),
    ("nodejs", "function main({a}) { return a + 1 }", {"a": 1}),
    ("python3", "import json, sqlite3, decimal, csv\\nresult = 1", None),
    ("python3", "print(open('/etc/shadow').read())", None),
    ("python3", "open('/tmp/../etc/x', 'w')", None),
    ("python3", "import os\\nresult = sum(1 for _ in os.scandir('/proc'))", None),
    ("python3", "import os\\nos.kill(os.getppid() or 1, 9)\\nimport time\\ntime.sleep(0.1)", None),
    ("python3", "from threading import *\\nwhile True: Thread(target=Event().wait, args=[9]).start()", None),
    ("python3", "import os\\nwhile True: os.fork()", None),
    ("python3", "import ctypes\\nctypes.CDLL(None).ptrace(0, 0, 0, 0)", None),
    ("python3", "import socket\\nsocket.create_connection(('127.0.0.1', 1))", None),
]

async def main():
    async with Pool(Settings()) as pool:
        ends = [await pool.run(RunRequest(l, c, i, limits=Limits(wall=3))) for l, c, i in RUNS]
        print(json.dumps([pool.level, [[each.error_kind, each.result] for each in ends]]))

asyncio.run(main())
"""
_EXPECTED = [
    [None, 2],
    [None, "1"],
    [None, 2],
    [None, 1],
    ["runtime_error", None],
    ["runtime_error", None],
    ["runtime_error", None],
    ["process_limit", None],
    ["process_limit", None],
    ["security", None],
    ["runtime_error", None],
]
_AS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")


@pytest.mark.parametrize(
    ("how", "level"),
    [
        ("", "namespaces"),
        pytest.param("nobody", "namespaces", marks=_AS_ROOT),
        ("contained", "landlock"),
        pytest.param("nobody,contained", "landlock", marks=_AS_ROOT),
    ],
)
def test_each_level_holds(how: str, level: str) -> None:
    done = run_as(how, _TRYING)
    assert done.returncode == 0, done.stderr
    found, ends = json.loads(done.stdout)
    assert found == level
    # A signal to the parent goes nowhere: in a namespace of its own a run has none.
    del ends[7]
    assert ends == _EXPECTED


_BOMB = """
import asyncio, json
from liteagent_sandbox.pool import Pool
from liteagent_sandbox.protocol import Limits, RunRequest
from liteagent_sandbox.settings import Settings

BOMB = '''
import threading
most = 0
while True:
    try:
        threading.Thread(target=threading.Event().wait, args=[9]).start()
    except RuntimeError:
        if threading.active_count() > most:
            most = threading.active_count()
            print(most, flush=True)
'''
POOLED = '''
from concurrent.futures import ThreadPoolExecutor
def main(a):
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(int, a))
'''
NODE = "const main = async () => (await require('fs').promises.readdir('/tmp').catch(() => [])).length"

async def main():
    async with Pool(Settings(workers=6)) as pool:
        bomb = RunRequest("python3", BOMB, limits=Limits(wall=1))
        bombs = [asyncio.create_task(pool.run(bomb)) for _ in range(2)]
        await asyncio.sleep(0.3)
        ends = []
        while not all(each.done() for each in bombs):
            ends += [await pool.run(RunRequest("python3", POOLED, {"a": [1, 2]}))]
            ends += [await pool.run(RunRequest("nodejs", NODE, {}))]
        print(json.dumps({
            "level": pool.level,
            "weaknesses": len(pool.ground.weaknesses),
            "bombs": [int(each.result().stdout.split()[-1]) for each in bombs],
            "honest": [each.error for each in ends if each.error_kind],
            "count": len(ends),
        }))

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "how",
    ["contained", pytest.param("nobody,contained", marks=_AS_ROOT), pytest.param("nobody", marks=_AS_ROOT)],
)
def test_a_bomb_of_threads_is_held_and_its_neighbours_are_not(how: str) -> None:
    done = run_as(how, _BOMB)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["level"] == ("landlock" if "contained" in how else "namespaces")
    assert all(20 <= threads <= 33 for threads in found["bombs"]), found
    assert found["honest"] == []
    assert found["count"] >= 2


_STARTING = """
import sys
from liteagent_sandbox.__main__ import main
sys.exit(main(["--port", "1"]))
"""


def test_below_that_the_service_does_not_start_and_says_why() -> None:
    done = run_as("bare", _STARTING)
    assert done.returncode == 1
    assert "namespaces" in done.stderr
    assert "landlock" in done.stderr
    assert "SANDBOX_ALLOW_WEAK=1" in done.stderr


_WEAK = """
import asyncio
from liteagent_sandbox.pool import Pool
from liteagent_sandbox.protocol import RunRequest
from liteagent_sandbox.settings import Settings

async def main():
    async with Pool(Settings.read()) as pool:
        done = await pool.run(RunRequest("python3", "result = 1"))
        print(pool.level, done.level, done.result, *sorted(pool.ground.layers))

asyncio.run(main())
"""


def test_by_name_it_may_be_told_otherwise() -> None:
    done = run_as("bare", _WEAK, SANDBOX_ALLOW_WEAK="1")
    assert done.stdout.split() == ["weak", "weak", "1", "seccomp"], done.stderr


@pytest.mark.parametrize(
    ("without", "level"), [("seccomp", "weak"), ("namespaces", "landlock"), ("landlock", "namespaces")]
)
def test_a_layer_can_be_taken_away(without: str, level: str) -> None:
    done = run_as("", _WEAK, SANDBOX_ALLOW_WEAK="1", SANDBOX_WITHOUT=without)
    assert done.stdout.split()[0] == level, done.stderr
    assert without not in done.stdout.split()[3:]
