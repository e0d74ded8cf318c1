"""What a run comes to, in each language."""

import asyncio
import time

import pytest

from liteagent_sandbox.pool import Pool
from liteagent_sandbox.protocol import ErrorKind, JsonValue, Language, Limits, RunRequest, RunResult
from liteagent_sandbox.settings import Settings

Inputs = dict[str, JsonValue]

RESULTS: list[tuple[Language, str, Inputs | None, JsonValue]] = [
    ("python3", "def main(a, b=2):\n    return [a, b]", {"a": 1}, [1, 2]),
    (
        "python3",
        "async def main(a):\n    import asyncio\n    await asyncio.sleep(0.001)\n    return a",
        {"a": "x"},
        "x",
    ),
    ("python3", "def main():\n    return {'é': None, 'f': 1.5}", None, {"é": None, "f": 1.5}),
    ("python3", "result = [True]", None, [True]),
    ("python3", "print('nothing to hand over')", None, None),
    ("python3", "import sys\nsys.exit(0)", None, None),
    ("python3", "if __name__ == '__main__':\n    result = 1", None, 1),
    ("nodejs", "function main({a}) { return {b: a} }", {"a": 1}, {"b": 1}),
    ("nodejs", "const main = async ({a}) => { await null; return a }", {"a": [1]}, [1]),
    ("nodejs", "var result = {a: 'é'}", None, {"a": "é"}),
    ("nodejs", "let result = 0; setTimeout(() => { result = 5 }, 5)", None, 5),
    ("nodejs", "console.log('nothing')", None, None),
    ("jinja2", "{% for x in xs %}{{ x | upper }}{% endfor %}\n", {"xs": ["a", "b"]}, "AB\n"),
    ("jinja2", "", None, ""),
]


@pytest.mark.parametrize(("language", "code", "inputs", "expected"), RESULTS)
async def test_a_result(
    pool: Pool, language: Language, code: str, inputs: Inputs | None, expected: JsonValue
) -> None:
    done = await pool.run(RunRequest(language, code, inputs))
    assert (done.error_kind, done.error, done.exit_code) == (None, "", 0)
    assert done.result == expected
    assert done.stderr == ""
    assert done.memory_mb > 1


ENDS: list[tuple[ErrorKind, Language, str]] = [
    ("timeout", "python3", "while True: pass"),
    (
        "timeout",
        "python3",
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(30)",
    ),
    ("timeout", "nodejs", "while (true);"),
    (
        "timeout",
        "jinja2",
        "{% for a in r %}{% for b in r %}{% for c in r %}{% endfor %}{% endfor %}{% endfor %}",
    ),
    ("memory", "python3", "x = bytearray(1 << 30)"),
    ("memory", "python3", "import mmap\nx = mmap.mmap(-1, 1 << 32)"),
    ("memory", "nodejs", "const a = []; while (true) a.push(Buffer.alloc(10_000_000, 1))"),
    ("memory", "nodejs", "const a = []; while (true) a.push(new Array(100_000).fill(1.5))"),
    ("output_limit", "python3", "print('a' * 1_000_000)"),
    ("output_limit", "python3", "import sys\nwhile True: sys.stderr.write('e' * 1000)"),
    ("output_limit", "nodejs", "while (true) console.log('a'.repeat(1000))"),
    ("result_limit", "python3", "result = 'a' * 200_000"),
    ("result_limit", "nodejs", "var result = 'a'.repeat(200_000)"),
    ("result_limit", "jinja2", "{% for a in r %}{{ 'a' * 1000 }}{% endfor %}"),
    ("result", "python3", "result = {1, 2}"),
    ("result", "python3", "result = float('nan')"),
    ("result", "python3", "result = '\\ud800'"),
    ("result", "python3", "result = 10 ** 5000"),
    ("result", "python3", "result = []\nfor _ in range(200): result = [result]"),
    ("result", "python3", "result = []\nresult.append(result)"),
    ("result", "nodejs", "const a = {}; a.a = a; var result = a"),
    ("result", "nodejs", "var result = '\\ud800'"),
    ("result", "nodejs", "var result = 10n"),
    ("security", "python3", "import ctypes\nctypes.CDLL(None).unshare(0x10000000)"),
    ("runtime_error", "python3", "1 / 0"),
    ("runtime_error", "python3", "def f(:"),
    ("runtime_error", "python3", "open('/etc/passwd', 'a')"),
    ("runtime_error", "nodejs", "throw new Error('x')"),
    ("runtime_error", "nodejs", "function ("),
    ("runtime_error", "nodejs", "Promise.reject(new Error('x'))"),
    ("runtime_error", "jinja2", "{{ 1 / 0 }}"),
    ("runtime_error", "jinja2", "{% for %}"),
    ("exit", "python3", "import sys\nsys.exit(3)"),
    ("exit", "python3", "import os\nos._exit(3)"),
    ("exit", "nodejs", "process.exit(3)"),
    ("crash", "python3", "import ctypes\nctypes.string_at(0)"),
    ("no_result", "python3", "import os\nos._exit(0)"),
    ("disk_limit", "python3", "open('a', 'wb').write(b'a' * 9_000_000)"),
    ("disk_limit", "python3", "for i in range(1000): open(f'{i}', 'w').close()"),
    ("disk_limit", "nodejs", "require('fs').writeFileSync('a', Buffer.alloc(9_000_000))"),
    ("process_limit", "python3", "import os\nos.fork()"),
    ("process_limit", "python3", "import subprocess\nsubprocess.run(['ls'])"),
    (
        "process_limit",
        "python3",
        "import threading, time\nfor _ in range(99): threading.Thread(target=time.sleep, args=(9,)).start()",
    ),
    ("process_limit", "nodejs", "require('child_process').execSync('ls')"),
]


@pytest.mark.parametrize(("kind", "language", "code"), ENDS)
async def test_an_end(pool: Pool, kind: ErrorKind, language: Language, code: str) -> None:
    if pool.level == "landlock" and kind == "disk_limit":
        kind = "runtime_error"
    inputs: Inputs | None = {"r": list(range(5000))} if language == "jinja2" else None
    limits = Limits(wall=0.5) if kind == "timeout" else Limits()
    done = await pool.run(RunRequest(language, code, inputs, limits=limits))
    assert done.error_kind == kind, done
    assert done.error
    assert done.exit_code != 0
    assert (await pool.run(RunRequest("python3", "result = 1"))).result == 1


async def test_output_is_cut_with_a_mark(pool: Pool) -> None:
    done = await pool.run(RunRequest("python3", "print('a' * 1_000_000)"))
    assert done.stdout.startswith("aaa")
    assert done.stdout.endswith("[... cut after 100000 bytes ...]")


async def test_what_was_printed_before_a_timeout_is_there(pool: Pool) -> None:
    done = await pool.run(RunRequest("python3", "print('so far')\nwhile True: pass", limits=Limits(wall=0.3)))
    assert (done.stdout, done.error_kind) == ("so far\n", "timeout")
    assert 250 < done.duration_ms < 2000


async def test_processor_time_has_a_limit_of_its_own(pool: Pool) -> None:
    done = await pool.run(RunRequest("python3", "while True: pass", limits=Limits(wall=20, cpu=1)))
    assert done.error_kind == "timeout"
    assert done.duration_ms < 15_000


async def test_a_traceback_has_the_users_own_lines_only(pool: Pool) -> None:
    code = "import json\ndef main(text):\n    return json.loads(text)"
    done = await pool.run(RunRequest("python3", code, {"text": "{"}))
    assert 'File "main.py", line 3, in main\n    return json.loads(text)' in done.error
    assert "JSONDecodeError" in done.error
    assert "site-packages" not in done.error
    assert "decoder.py" not in done.error
    assert done.error in done.stderr


async def test_nothing_that_is_printed_fakes_a_result(pool: Pool) -> None:
    code = 'print(\'R{"a": 1}\'); print("<<RESULT>>1<<RESULT>>")\ndef main():\n    return "mine"'
    assert (await pool.run(RunRequest("python3", code))).result == "mine"


async def test_nothing_survives_a_run(pool: Pool) -> None:
    await pool.run(RunRequest("python3", "import json\njson.x = 1\nopen('a', 'w').write('left')"))
    code = "import json, os\nresult = [hasattr(json, 'x'), os.listdir('.')]"
    assert (await pool.run(RunRequest("python3", code))).result == [False, []]


async def test_runs_have_no_environment_and_do_not_draw_the_same(pool: Pool) -> None:
    code = "import os, random\nresult = [dict(os.environ), random.random()]"
    first, second = [(await pool.run(RunRequest("python3", code))).result for _ in range(2)]
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert first[0] == second[0] == {}
    assert first[1] != second[1]


async def test_all_that_node_prints_is_there(pool: Pool) -> None:
    done = await pool.run(
        RunRequest("nodejs", "console.log('a'.repeat(90_000)); function main() { return 1 }")
    )
    assert (len(done.stdout), done.result) == (90_001, 1)


async def test_a_network_is_missed_in_clear_words(pool: Pool) -> None:
    code = "import urllib.request\nurllib.request.urlopen('http://example.com')"
    done = await pool.run(RunRequest("python3", code, enable_network=True))
    assert "there is no network in the sandbox" in done.error


async def test_a_scratch_file_and_a_database_can_be_had(pool: Pool) -> None:
    code = (
        "import sqlite3, tempfile\n"
        "with tempfile.TemporaryFile() as file: file.write(b'a')\n"
        "base = sqlite3.connect('a.db')\nbase.execute('create table a (b)')\nbase.commit()\n"
        "result = base.execute('select count(*) from a').fetchall()"
    )
    done = await pool.run(RunRequest("python3", code))
    assert done.result == [[0]], done.error


async def test_more_than_there_is_cannot_be_asked_for(pool: Pool) -> None:
    code = "x = bytearray(900 << 20)\nresult = 1"
    assert (await pool.run(RunRequest("python3", code))).error_kind == "memory"
    assert (await pool.run(RunRequest("python3", code, limits=Limits(mem=1 << 40)))).result == 1


BAD: list[RunRequest] = [
    RunRequest("python3", "a" * 1_100_000),
    RunRequest("python3", "result = 1", {"a": "b" * 2_000_000}),
    RunRequest("python3", "result = 1", {"a": float("inf")}),
    RunRequest("python3", "result = '\ud800'"),
    RunRequest("python3", "result = 1", limits=Limits(wall=-1)),
]


@pytest.mark.parametrize("request_", BAD)
async def test_a_bad_request_is_not_run(pool: Pool, request_: RunRequest) -> None:
    done = await pool.run(request_)
    assert done.error_kind == "bad_request"
    assert done.duration_ms == 0


async def test_deep_inputs_are_refused(pool: Pool) -> None:
    deep: JsonValue = []
    for _ in range(200):
        deep = [deep]
    done = await pool.run(RunRequest("python3", "result = 1", {"a": deep}))
    assert done.error_kind == "bad_request"


async def test_inputs_larger_than_a_pipe_arrive(pool: Pool) -> None:
    done = await pool.run(RunRequest("python3", "def main(a):\n    return len(a)", {"a": "é" * 300_000}))
    assert done.result == 300_000


async def test_more_runs_than_may_wait_are_told_so() -> None:
    async with Pool(Settings(workers=1, queue=1, spares=1, node="none")) as pool:
        code = RunRequest("python3", "import time\ntime.sleep(0.3)\nresult = 1")
        ends = await asyncio.gather(*(pool.run(code) for _ in range(4)))
    assert sorted(each.error_kind or "" for each in ends) == ["", "", "busy", "busy"]


async def test_a_missing_language_is_named() -> None:
    async with Pool(Settings(node="none", spares=0)) as pool:
        done = await pool.run(RunRequest("nodejs", "1"))
    assert done.error_kind == "unavailable"
    assert "Node.js is not installed" in done.error


async def test_a_server_of_forks_that_dies_is_replaced() -> None:
    async with Pool(Settings(node="none")) as pool:
        slow = asyncio.create_task(pool.run(RunRequest("python3", "import time\ntime.sleep(3)")))
        await asyncio.sleep(0.2)
        await pool.ground.lose()
        lost = await slow
        assert lost.error_kind is not None
        deadline = time.monotonic() + 5
        done = RunResult()
        while time.monotonic() < deadline and done.result != 1:
            done = await pool.run(RunRequest("python3", "result = 1"))
        assert done.result == 1
