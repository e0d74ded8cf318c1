"""The written exchanges are what Ollama's own client says of its API."""

import json
from pathlib import Path

import pytest
from ollama import ChatResponse, ListResponse, ShowResponse, Tool

HERE = Path(__file__).parent / "ollama"


@pytest.mark.parametrize("path", sorted(HERE.glob("*.answer.ndjson")), ids=lambda path: path.name)
def test_chats(path: Path) -> None:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    said = [ChatResponse.model_validate(line) for line in lines]
    assert [each.done for each in said] == [False] * (len(said) - 1) + [True]
    asked = json.loads(path.with_name(path.name.replace(".answer.ndjson", ".request.json")).read_bytes())
    assert asked["path"] == "/api/chat"
    for tool in asked["body"].get("tools", []):
        Tool.model_validate(tool)


def test_what_is_said_of_models() -> None:
    listed = ListResponse.model_validate_json((HERE / "tags.answer.json").read_bytes())
    assert [each.model for each in listed.models] == ["qwen3:8b", "all-minilm:latest"]
    shown = ShowResponse.model_validate_json((HERE / "show.answer.json").read_bytes())
    assert shown.capabilities == ["completion", "tools", "thinking", "vision"]
