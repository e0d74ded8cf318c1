"""The written exchanges are what Anthropic's own types say of its API."""

import json
from pathlib import Path
from typing import Any

import pytest
from anthropic.types import ModelInfo, RawMessageStreamEvent
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from pydantic import TypeAdapter

HERE = Path(__file__).parent / "anthropic"
EVENTS: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
REQUESTS: TypeAdapter[Any] = TypeAdapter(MessageCreateParamsStreaming)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.answer.sse")), ids=lambda path: path.name)
def test_messages(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    kinds = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    said = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert [event["type"] for event in said] == kinds
    for event in said:
        if event["type"] != "ping":
            assert EVENTS.validate_python(event).type == event["type"]
    asked = json.loads(path.with_name(path.name.replace(".answer.sse", ".request.json")).read_bytes())
    assert asked["path"] == "/v1/messages"
    REQUESTS.validate_python(asked["body"])


def test_models() -> None:
    for listed in json.loads((HERE / "models.answer.json").read_bytes())["data"]:
        ModelInfo.model_validate(listed)
