"""`liteagent run`."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

_GREETING = """\
liteagent: 1
id: greeting
inputs:
  name: {type: string, required: true}
  times: {type: integer, default: 1}
nodes:
  start: {type: start}
  end: {type: end, outputs: {text: "Hello {{ inputs.name }}", times: "{{ inputs.times }}"}}
edges:
  - start -> end
"""
_ASKING = """\
liteagent: 1
id: asking
nodes:
  start: {type: start}
  nap: {type: wait, seconds: 2}
  ask: {type: human, question: "Which one?", options: [this, that]}
  end: {type: end, outputs: {said: "{{ ask.output }}"}}
edges:
  - start -> nap -> ask -> end
"""


@pytest.fixture
def flow(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a flow file."""

    def write(text: str) -> Path:
        path = tmp_path / "flow.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_flow_is_run_and_its_outputs_are_printed(
    cli: Cli, data: Path, tmp_path: Path, flow: Callable[[str], Path]
) -> None:
    path = flow(_GREETING)
    done = cli("run", path, "--input", "name=Ada", "--input", "times=2", "--data", data)
    assert (done.code, done.out) == (0, "text: Hello Ada\ntimes: 2\n"), done.err
    (tmp_path / "inputs.json").write_text('{"name": "Bob", "times": 3}')
    files = ("--inputs", tmp_path / "inputs.json", "--data", data)
    shown = json.loads(cli("run", path, *files, "--json", "--input", "name=Cid").out)
    assert (shown["status"], shown["outputs"]) == ("COMPLETED", {"text": "Hello Cid", "times": 3})


def test_a_flow_that_asks_says_so_and_goes_on_with_the_answer(
    cli: Cli, data: Path, flow: Callable[[str], Path]
) -> None:
    asked = cli("run", flow(_ASKING), "--data", data, "--json")
    assert asked.code == 3, asked.err
    shown = json.loads(asked.out)
    assert (shown["status"], shown["questions"][0]["question"]) == ("WAITING_HUMAN", "Which one?")
    run_id = shown["run_id"]
    assert run_id in asked.err
    again = cli("run", "--resume", run_id, "--data", data)
    assert (again.code, again.out) == (3, "")
    assert "Which one?" in again.err
    assert "this, that" in again.err
    wrong = cli("run", "--resume", run_id, "--answer", "other", "--data", data)
    assert wrong.code == 2
    done = cli("run", "--resume", run_id, "--answer", "that", "--data", data)
    assert (done.code, done.out) == (0, "that\n"), done.err
    over = cli("run", "--resume", run_id, "--data", data)
    assert (over.code, over.out) == (0, "that\n")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--answer", "x"),
        ("none.yaml",),
        ("flow.yaml", "--resume", "x"),
        ("flow.yaml",),
        ("flow.yaml", "--input", "name"),
        ("flow.yaml", "--input", "name=x", "--input", "times=many"),
        ("flow.yaml", "--input", "name=x", "--input", "color=red"),
        ("flow.yaml", "--inputs", "none.json"),
        ("flow.yaml", "--inputs", "flow.yaml"),
        ("bad.yaml",),
    ],
)
def test_wrong_usage_is_told_and_runs_nothing(
    cli: Cli,
    data: Path,
    tmp_path: Path,
    flow: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
) -> None:
    flow(_GREETING)
    (tmp_path / "bad.yaml").write_text(_GREETING.replace("type: end", "type: nothing"))
    monkeypatch.chdir(tmp_path)
    refused = cli("run", *arguments, "--data", data)
    assert (refused.code, refused.out) == (2, ""), refused.err
    assert "Traceback" not in refused.err


def test_a_run_that_fails_and_one_that_is_not_there(
    cli: Cli, data: Path, flow: Callable[[str], Path]
) -> None:
    failing = _GREETING.replace("{{ inputs.times }}", "{{ 1 / (inputs.times - 1) }}")
    failed = cli("run", flow(failing), "--input", "name=x", "--data", data)
    assert failed.code == 1, failed.out
    assert "error" in failed.err
    unknown = cli("run", "--resume", "nobody", "--data", data)
    assert unknown.code == 1
    assert "run_not_found" in unknown.err


def test_a_killed_run_goes_on(cli: Cli, program: list[str], data: Path, flow: Callable[[str], Path]) -> None:
    command = [*program, "run", str(flow(_ASKING)), "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        run_id = process.stderr.readline().split()[-1]
        os.kill(process.pid, signal.SIGKILL)
    started = time.monotonic()
    resumed = cli("run", "--resume", run_id, "--data", data)
    assert resumed.code == 3, resumed.err
    assert time.monotonic() - started < 20
    assert cli("run", "--resume", run_id, "--answer", "this", "--data", data).out == "this\n"
