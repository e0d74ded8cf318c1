"""The written exchanges are what OpenAI's own types say of its API."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses import ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from pydantic import TypeAdapter

HERE = Path(__file__).parent / "openai"


def exchanges(*folders: str) -> list[Any]:
    found = [path for folder in folders for path in sorted((HERE / folder).glob("*.answer.sse"))]
    assert found
    return [pytest.param(path, id=f"{path.parent.name}-{path.name.partition('.')[0]}") for path in found]


def said(path: Path) -> Iterator[Any]:
    for line in path.read_text(encoding="utf-8").splitlines():
        data = line.removeprefix("data: ")
        if data != line and data != "[DONE]":
            yield json.loads(data)


def asked(path: Path) -> Any:
    return json.loads(path.with_name(path.name.replace(".answer.sse", ".request.json")).read_bytes())["body"]


@pytest.mark.parametrize("path", exchanges("chat", "vllm"))
def test_chat_completions(path: Path) -> None:
    for chunk in said(path):
        ChatCompletionChunk.model_validate(chunk)
    TypeAdapter(CompletionCreateParamsStreaming).validate_python(asked(path))


@pytest.mark.parametrize("path", exchanges("responses"))
def test_responses(path: Path) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    for event in said(path):
        assert adapter.validate_python(event).type == event["type"]
    TypeAdapter(ResponseCreateParamsStreaming).validate_python(asked(path))
