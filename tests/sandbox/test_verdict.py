"""What is made of the end of a process."""

import json
import signal

import pytest

from liteagent_sandbox.json_text import nested_too_deep
from liteagent_sandbox.protocol import ErrorKind
from liteagent_sandbox.verdict import Ending, verdict
from liteagent_sandbox.wire import Exited


def _ended(
    status: int, report: bytes = b"", reason: ErrorKind | None = None, errors: str = "", cpu: float = 0.0
) -> Ending:
    return Ending(Exited(0, status, cpu, 0), reason, report, errors, 5.0, 100)


ENDINGS: list[tuple[Ending, ErrorKind | None, int]] = [
    (_ended(0, b"R1"), None, 0),
    (_ended(0, b"N"), None, 0),
    (_ended(0), "no_result", 1),
    (_ended(0, b"garbage"), "no_result", 1),
    (_ended(0, b"R{"), "result", 1),
    (_ended(0, b"RNaN"), "result", 1),
    (_ended(0, b'R"\\ud800"'), "result", 1),
    (_ended(0, b"R\xff"), "result", 1),
    (_ended(0, b"R" + b"9" * 5000), "result", 1),
    (_ended(0, b"R" + b"[" * 101 + b"]" * 101), "result", 1),
    (_ended(0, b'E{"kind": "memory", "error": "e", "exit_code": 1}'), "memory", 1),
    (_ended(0, b'E{"kind": "made up", "error": "e", "exit_code": 7}'), "runtime_error", 7),
    (_ended(0, b"E[]"), "result", 1),
    (_ended(3 << 8), "exit", 3),
    (_ended(134 << 8, errors="JavaScript heap out of memory"), "memory", 134),
    (_ended(signal.SIGSYS), "security", -signal.SIGSYS),
    (_ended(signal.SIGSEGV), "crash", -signal.SIGSEGV),
    (_ended(signal.SIGKILL), "memory", -signal.SIGKILL),
    (_ended(signal.SIGKILL, cpu=5.0), "timeout", -signal.SIGKILL),
    (_ended(signal.SIGKILL, cpu=3.5), "timeout", -signal.SIGKILL),
    (_ended(signal.SIGKILL, cpu=1.0), "memory", -signal.SIGKILL),
    (_ended(signal.SIGXCPU), "timeout", -signal.SIGXCPU),
    (_ended(signal.SIGXFSZ), "disk_limit", -signal.SIGXFSZ),
    (_ended(50), "crash", -50),
    (_ended(signal.SIGKILL, b"R1", reason="timeout"), "timeout", -signal.SIGKILL),
    (_ended(0, b"R1", reason="output_limit"), "output_limit", -signal.SIGKILL),
]


@pytest.mark.parametrize(("ending", "kind", "code"), ENDINGS)
def test_an_ending(ending: Ending, kind: ErrorKind | None, code: int) -> None:
    found = verdict(ending)
    assert (found.kind, found.exit_code) == (kind, code)
    assert bool(found.error) is (kind is not None)


NESTED: list[tuple[str, int]] = [
    ("[[[[1]]]]", 4),
    ('{"a": [{"b": 1}]}', 3),
    (r'["[[[[", "\"[[", {"}": "\\"}]', 2),
    ("[[1], [2], [[3]]]", 3),
]


@pytest.mark.parametrize(("text", "depth"), NESTED)
def test_depth_is_counted_outside_of_texts(text: str, depth: int) -> None:
    json.loads(text)
    wide = f"[{text}, [], {{}}, []]".encode()
    assert nested_too_deep(wide, depth)
    assert not nested_too_deep(wide, depth + 1)
