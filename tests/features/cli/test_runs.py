"""`liteagent runs`: looking, answering, pausing, forking, replaying, exporting."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

_FLOW = """\
liteagent: 1
id: greet
name: Greet
inputs: {name: {type: string, required: true}, token: {type: string}}
nodes:
  start: {type: start}
  hello: {type: transform, expression: "'WORD ' + inputs.name"}
  end: {type: end, outputs: {text: "{{ hello.output }}"}}
edges:
  - start -> hello -> end
"""
_ASKING = """\
liteagent: 1
id: ask
name: Ask
nodes:
  start: {type: start}
  ask: {type: human, question: "Ship it?", options: ["yes", "no"]}
  end: {type: end, outputs: {said: "{{ ask.output }}"}}
edges:
  - start -> ask
  - ask -> end: "yes"
  - ask -> end: "no"
"""


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    """A flow file."""
    path = tmp_path / "greet.yaml"
    path.write_text(_FLOW.replace("WORD", "Hello"))
    return path


@pytest.fixture
def run_id(cli: Cli, flow: Path, data: Path) -> str:
    """A completed run with a secret among its inputs."""
    done = cli(
        "run", flow, "--input", "name=Ada", "--input", "token=hush-hush-4711", "--data", data, "--json"
    )
    assert done.code == 0, done.err
    return str(done.json["run_id"])


def test_runs_are_listed_and_shown(cli: Cli, data: Path, run_id: str) -> None:
    for words in ((), ("list",)):
        listed = cli("runs", *words, *(("--data", data) if words else ()))
        assert (listed.code, run_id in listed.out) == (0, bool(words)), "without a folder it is another one"
    (found,) = cli("runs", "list", "--data", data, "--json").json
    assert (found["id"], found["status"]) == (run_id, "COMPLETED")
    assert cli("runs", "list", "--status", "failed", "--data", data).out == ""
    assert cli("runs", "list", "--status", "lost", "--data", data).code == 2
    shown = cli("runs", "show", run_id, "--data", data)
    assert '{"text": "Hello Ada"}' in shown.out
    assert cli("runs", "show", run_id, "--data", data, "--json").json["outputs"] == {"text": "Hello Ada"}
    events = cli("runs", "events", run_id, "--data", data, "--json").json
    assert [events[0]["type"], events[-1]["type"]] == ["run.started", "run.completed"]
    assert "run.completed" in cli("runs", "events", run_id, "--data", data).out
    unknown = cli("runs", "show", "01900000-0000-7000-8000-00000000ffff", "--data", data)
    assert (unknown.code, "run_not_found" in unknown.err) == (1, True)


def test_a_replay_says_whether_the_decisions_are_the_same(
    cli: Cli, data: Path, run_id: str, tmp_path: Path
) -> None:
    same = cli("runs", "replay", run_id, "--data", data)
    assert (same.code, same.out.startswith("The same: ")) == (0, True)
    other = tmp_path / "other.yaml"
    other.write_text(_FLOW.replace("WORD", "Hi"))
    differs = cli("runs", "replay", run_id, "--against", other, "--data", data, "--json")
    assert differs.code == 1
    assert "Hi Ada" in json.dumps(differs.json["difference"]["expected"])
    told = cli("runs", "replay", run_id, "--against", other, "--data", data)
    assert (told.code, "Hello Ada" in told.out, "Hi Ada" in told.out) == (1, True, True)


def test_a_run_that_asks_is_paused_resumed_answered_and_finished(
    cli: Cli, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "ask.yaml"
    path.write_text(_ASKING)
    waiting = cli("run", path, "--data", data, "--json")
    assert waiting.code == 3
    run_id = waiting.json["run_id"]
    assert "PAUSED" in cli("runs", "pause", run_id, "--data", data).out
    assert cli("runs", "resume", run_id, "--data", data).code == 0
    assert cli("runs", "resume", run_id, "--data", data).code == 1
    refused = cli("runs", "answer", run_id, "maybe", "--data", data)
    assert (refused.code, "yes, no" in refused.err) == (2, True)
    answered = cli("runs", "answer", run_id, "yes", "--data", data)
    assert (answered.code, "liteagent run --resume" in answered.err) == (0, True)
    done = cli("run", "--resume", run_id, "--data", data, "--json")
    assert (done.code, done.json["outputs"]) == (0, {"said": "yes"})
    assert cli("runs", "cancel", run_id, "--data", data).code == 1


def test_a_fork_is_finished_like_a_run(cli: Cli, data: Path, run_id: str) -> None:
    patch = '{"inputs": {"name": "Bob"}}'
    forked = cli("runs", "fork", run_id, "--at", 1, "--patch", patch, "--data", data, "--json")
    assert forked.code == 0, forked.err
    done = cli("run", "--resume", forked.json["id"], "--data", data, "--json")
    assert done.json["outputs"] == {"text": "Hello Bob"}
    assert cli("runs", "fork", run_id, "--at", 99, "--data", data).code == 2
    assert cli("runs", "fork", run_id, "--at", 1, "--patch", "[1]", "--data", data).code == 2


def test_an_exported_run_is_a_test_that_passes_offline_and_keeps_no_secret(
    cli: Cli, data: Path, run_id: str, tmp_path: Path
) -> None:
    folder = tmp_path / "exported"
    exported = cli("runs", "export-test", run_id, "--to", folder, "--data", data)
    assert exported.code == 0, exported.err
    test, journal = sorted(folder.iterdir(), key=lambda path: path.suffix, reverse=True)
    assert exported.out.strip() == str(test)
    assert "hush-hush" not in journal.read_text()
    program = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, test]
    passed = subprocess.run(program, capture_output=True, text=True, check=False, cwd=folder)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    journal.write_text(journal.read_text().replace("Hello Ada", "Hello Bob"))
    assert subprocess.run(program, capture_output=True, check=False, cwd=folder).returncode == 1
