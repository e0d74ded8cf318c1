"""`liteagent ask` and `index`."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from liteagent import LiteAgent
from liteagent.features.agents.schemas import AgentBody
from liteagent.features.llm_providers.schemas import ProviderBody

Cli = Callable[..., Any]

QUESTION = "How do I roll back a release?"


def test_an_answer_cites_a_document_that_can_be_checked(cli: Cli, handbook: Path, data: Path) -> None:
    done = cli("ask", QUESTION, "--docs", handbook, "--data", data, "--json")
    assert done.code == 0
    assert "deploy rollback VERSION" in done.json["answer"]
    citation = done.json["citations"][0]
    text = (handbook / citation["document"]["name"]).read_text(encoding="utf-8")
    assert text[citation["start"] : citation["end"]] == citation["text"]
    assert f"[{citation['marker']}]" in done.json["answer"]
    assert done.json["status"] == "COMPLETED"


def test_the_answer_is_on_stdout_and_everything_else_on_stderr(cli: Cli, handbook: Path, data: Path) -> None:
    done = cli("ask", QUESTION, "--docs", handbook, "--data", data)
    assert done.code == 0
    assert done.out.startswith("To roll back a release, run `deploy rollback VERSION`.")
    assert "no language model" in done.out
    assert "handbook: 2 indexed, 1 unreadable; " in done.err
    assert "unreadable broken.txt: this is binary data" in done.err
    assert "\x1b" not in done.out + done.err


def test_a_cited_passage_is_not_cut_at_the_width_of_a_terminal(cli: Cli, handbook: Path, data: Path) -> None:
    done = cli("ask", QUESTION, "--docs", handbook, "--data", data)
    (excerpt,) = [line for line in done.out.splitlines() if line.startswith("    # Releases")]
    assert 250 < len(excerpt) <= 310
    assert excerpt.endswith("…")


def test_asking_again_indexes_nothing_anew(cli: Cli, handbook: Path, data: Path) -> None:
    cli("ask", QUESTION, "--docs", handbook, "--data", data)
    again = cli("ask", QUESTION, "--docs", handbook, "--data", data, "--json")
    (report,) = again.json["indexed"]
    assert (report["documents"], report["unchanged"], report["failed"]) == (2, 2, 1)
    (handbook / "more" / "support.txt").unlink()
    after = cli("ask", QUESTION, "--docs", handbook, "--data", data)
    assert "1 unchanged, 1 unreadable, 1 removed" in after.err


def test_without_documents_the_sample_agent_answers(cli: Cli, data: Path) -> None:
    done = cli("ask", "What happens when the server is killed?", "--data", data, "--json")
    assert "survives `kill -9`" in done.json["answer"]
    assert done.json["citations"][0]["document"]["name"] == "runs.md"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ask", "q", "--agent", "nobody"], 1, "There is no agent 'nobody' in this data folder."),
        (["ask", "q", "--docs", "/nowhere/at/all"], 2, "There is no /nowhere/at/all."),
        (["ask", "q", "--docs", ".", "--agent", "x"], 2, "Name an agent or documents, not both"),
        (["ask", "  "], 2, "There is no question."),
        (["ask"], 2, "Missing argument 'QUESTION'"),
        (["ask", "q", "--depth", "3"], 2, "No such option: --depth"),
        (["index", "/nowhere/at/all"], 2, "There is no /nowhere/at/all."),
        (["index", ".", "--datasource", "x" * 300], 2, "name: String should have at most 200 characters."),
        (["explain"], 2, "No such command 'explain'"),
        (["serve", "--port", "70000"], 2, "'--port'"),
    ],
)
def test_a_mistake_is_explained_in_one_line(
    cli: Cli, data: Path, arguments: list[str], code: int, said: str
) -> None:
    named = [*arguments, "--data", str(data)] if arguments != ["explain"] else arguments
    done = cli(*named)
    assert done.code == code
    assert said in done.err
    assert "Traceback" not in done.err
    assert not done.out


def test_a_folder_that_cannot_hold_data_is_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = cli("ask", "q", "--data", tmp_path / "file" / "data")
    assert done.code == 1
    assert str(tmp_path / "file") in done.err
    assert "Traceback" not in done.err


def test_where_nothing_can_be_read_the_work_has_failed(cli: Cli, handbook: Path, data: Path) -> None:
    done = cli("index", handbook / "broken.txt", "--data", data)
    assert done.code == 1
    assert "No document of this data source could be read" in done.err
    assert cli("ask", "q", "--docs", handbook / "broken.txt", "--data", data).code == 1


def test_index_reports_each_data_source(cli: Cli, handbook: Path, data: Path) -> None:
    done = cli("index", handbook, handbook / "releases.md", "--datasource", "Ours", "--data", data, "--json")
    assert done.code == 0
    assert [each["name"] for each in done.json] == ["Ours: handbook", "Ours: releases.md"]
    assert [each["documents"] for each in done.json] == [2, 1]
    assert done.json[0]["errors"][0]["code"] == "document_unreadable"


def test_what_a_document_says_cannot_steer_the_terminal(cli: Cli, tmp_path: Path, data: Path) -> None:
    (tmp_path / "evil.md").write_text("The secret word is \x1b[31mred\x1b[0m and nothing else.\n")
    done = cli("ask", "What is the secret word?", "--docs", tmp_path / "evil.md", "--data", data)
    assert "red" in done.out
    assert "\x1b" not in done.out


def test_a_reader_that_stops_reading_causes_no_trace(program: list[str], handbook: Path, data: Path) -> None:
    asked = [*program, "ask", QUESTION, "--docs", str(handbook), "--data", str(data)]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read().decode()
        process.wait(30)
    assert "Traceback" not in said


async def test_a_question_to_a_human_ends_with_3(program: list[str], data: Path, llm_server: Any) -> None:
    async with LiteAgent(data=data) as lite:
        provider = await lite.platform.providers.create(
            lite.principal,
            ProviderBody(
                name="fake", provider_type="openai_compatible", model_name="fake-1", base_url=llm_server.url
            ),
        )
        body = AgentBody(name="Careful", provider_id=provider.id, tools=["request_human_input"])
        await lite.platform.agents.create(lite.principal, body)
    llm_server.call("request_human_input", question="Delete everything?")
    asked = [*program, "ask", "Clean up.", "--agent", "careful", "--data", str(data), "--json"]
    done = await anyio.run_process(asked, check=False, env={**os.environ})
    said = json.loads(done.stdout)
    assert (done.returncode, said["status"], said["answer"]) == (3, "WAITING_HUMAN", "Delete everything?")
    assert said["run_id"] in done.stderr.decode()


async def test_a_failing_provider_ends_with_1(program: list[str], data: Path, llm_server: Any) -> None:
    async with LiteAgent(data=data) as lite:
        body = ProviderBody(
            name="fake", provider_type="openai_compatible", model_name="fake-1", base_url=llm_server.url
        )
        await lite.platform.providers.create(lite.principal, body)
        await lite.platform.agents.create(lite.principal, AgentBody(name="Plain"))
    llm_server.fail(401)
    asked = [*program, "ask", "Hello", "--agent", "plain", "--data", str(data)]
    done = await anyio.run_process(asked, check=False, env={**os.environ})
    assert done.returncode == 1
    assert b"provider_auth_failed" in done.stderr
    assert b"Traceback" not in done.stderr
