"""`liteagent flow`: flow files are checked, converted and compared."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]

TRIAGE = """\
liteagent: 1
id: triage
inputs: {ticket: {type: string, required: true}}
nodes:
  start: {type: start}
  classify: {type: agent, purpose: Say if this ticket is urgent, output: {type: string}}
  check: {type: condition, when: "classify.output == 'urgent'"}
  approve: {type: human, question: "Page the on-call?", options: ["yes", "no"]}
  end: {type: end, outputs: {result: "{{ classify.output }}"}}
edges:
  - start -> classify -> check
  - check -> approve: true
  - check -> end: false
  - approve -> end
"""


@pytest.fixture
def triage(tmp_path: Path) -> Path:
    """A flow that is right."""
    file = tmp_path / "triage.yaml"
    file.write_text(TRIAGE, encoding="utf-8")
    return file


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """One with a slip in it, and one that can be run nevertheless."""
    file = tmp_path / "wrong.yaml"
    text = TRIAGE.replace("{{ classify.output }}", "{{ clasify.output }}").replace(
        "  - check -> end: false\n", ""
    )
    file.write_text(text, encoding="utf-8")
    return file


def test_a_right_flow_is_valid(cli: Cli, triage: Path) -> None:
    done = cli("flow", "validate", triage)
    assert (done.code, done.out) == (0, f"{triage}: triage is valid: 5 nodes, 5 edges\n")


def test_problems_have_a_line_a_field_and_a_fix(cli: Cli, wrong: Path) -> None:
    done = cli("flow", "validate", wrong)
    assert done.code == 1
    first, second = done.out.splitlines()
    assert first == (
        f"{wrong}:9:30: error nodes.end.outputs.result: There is nothing called 'clasify' to read. "
        "Did you mean classify? (unbound_variable)"
    )
    assert f"{wrong}:10:1: warning edges: Nothing follows when 'check' ends with false." in second


def test_problems_as_json(cli: Cli, wrong: Path, triage: Path) -> None:
    done = cli("flow", "validate", wrong, "--json")
    assert done.code == 1
    assert done.json["valid"] is False
    assert [(each["node"], each["code"], each["line"]) for each in done.json["problems"]] == [
        ("end", "unbound_variable", 9),
        ("check", "branch_missing", 10),
    ]
    assert cli("flow", "validate", triage, "--json").json == {"valid": True, "problems": []}


def test_what_is_no_flow_is_told_with_its_place(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("liteagent: 1\nname: *boss\n")
    done = cli("flow", "validate", file)
    assert done.code == 1
    assert done.out.startswith(f"{file}:2:7: error the alias *boss is not allowed.")


def test_a_flow_comes_from_stdin(cli: Cli) -> None:
    assert cli("flow", "validate", "-", typed=TRIAGE).code == 0
    done = cli("flow", "convert", "-", "--to", "json", typed=TRIAGE)
    assert done.json["nodes"]["check"] == {"type": "condition", "when": "classify.output == 'urgent'"}


def test_there_and_back_again(cli: Cli, triage: Path, tmp_path: Path) -> None:
    yaml = cli("flow", "convert", triage, "--to", "yaml").out
    as_json = tmp_path / "triage.json"
    as_json.write_text(cli("flow", "convert", triage, "--to", "json").out, encoding="utf-8")
    assert cli("flow", "convert", as_json, "--to", "yaml").out == yaml
    assert cli("flow", "validate", as_json).code == 0
    assert cli("flow", "diff", triage, as_json).out == ""


def test_the_python_builds_the_flow(cli: Cli, triage: Path, program: list[str]) -> None:
    source = cli("flow", "convert", triage, "--to", "python").out
    assert source.startswith("from liteagent import WorkflowBuilder\n")
    printing = "from liteagent.engine.workflow.document import to_yaml\nprint(to_yaml(workflow), end='')\n"
    done = subprocess.run([program[0], "-c", source + printing], capture_output=True, text=True, check=True)
    assert done.stdout == cli("flow", "convert", triage, "--to", "yaml").out


def test_diff_speaks_of_nodes_and_fields(cli: Cli, triage: Path, wrong: Path) -> None:
    done = cli("flow", "diff", triage, wrong)
    assert done.code == 0
    assert done.out.splitlines() == [
        '~ end.outputs.result: "{{ classify.output }}" -> "{{ clasify.output }}"',
        "- edge check -> end: false",
    ]
    as_json = cli("flow", "diff", triage, wrong, "--json").json
    assert as_json["equal"] is False
    assert as_json["changes"][1] == {
        "kind": "removed",
        "node": "",
        "field": "edge",
        "before": "check -> end: false",
    }
    assert cli("flow", "diff", triage, "-", "--json", typed=TRIAGE).json == {"equal": True, "changes": []}


def test_python_is_not_run(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "flow.py"
    file.write_text(f"open({str(tmp_path / 'touched')!r}, 'w')\n")
    for command in (["validate"], ["convert", "--to", "yaml"]):
        done = cli("flow", *command, file)
        assert done.code == 2
        assert "reading a flow out of it would mean running it" in done.err
    assert not (tmp_path / "touched").exists()


def test_what_a_flow_says_cannot_steer_the_terminal(cli: Cli, triage: Path, tmp_path: Path) -> None:
    file = tmp_path / "evil.yaml"
    file.write_text(TRIAGE.replace("Say if this ticket is urgent", '"\\e[31mred"'), encoding="utf-8")
    for done in (cli("flow", "diff", triage, file), cli("flow", "convert", file, "--to", "yaml")):
        assert "[31mred" in done.out
        assert "\x1b" not in done.out + done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["validate", "/nowhere/at/all.yaml"], "There is no /nowhere/at/all.yaml."),
        (["validate", "/"], "/ cannot be read: Is a directory."),
        (["validate"], "Missing argument 'FILE'"),
        (["convert", "-"], "Missing option '--to'"),
        (["convert", "-", "--to", "xml"], "'xml' is not one of 'yaml', 'python', 'json'"),
        (["convert", "-", "--to", "yaml"], "the document is empty"),
        (["diff", "-", "-"], "Only one of the two flows can come from stdin"),
        (["diff", "-"], "Missing argument 'B'"),
    ],
)
def test_a_mistake_is_explained(cli: Cli, arguments: list[str], says: str) -> None:
    done = cli("flow", *arguments)
    assert done.code == 2
    assert says in " ".join(done.err.replace("│", " ").split())
    assert "Traceback" not in done.err
    assert not done.out


def test_a_file_that_is_no_text(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "flow.yaml"
    file.write_bytes(b"id: \xff\xfe")
    done = cli("flow", "validate", file)
    assert done.code == 2
    assert "is no UTF-8 text (byte 4)" in done.err
