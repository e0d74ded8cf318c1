"""`openai_compatible` against litellm's proxy: how a widespread gateway words what goes wrong."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from liteagent.contracts.errors import (
    ProviderError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderUnavailableError,
)
from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, complete
from liteagent.contracts.messages import Message, Role
from liteagent.providers.llm.openai_compatible import create

pytestmark = pytest.mark.soak

KEY = "sk-of-the-test"
ASK = LLMRequest((Message(Role.USER, "hello"),))
ANSWERS = {
    "fine": "Hello from the gateway.",
    "limited": "litellm.RateLimitError",
    "broken": "litellm.InternalServerError",
    "too-long": "litellm.ContextWindowExceededError",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = os.environ.get("LITELLM_PROGRAM") or shutil.which("litellm")
    if program is None:
        pytest.skip("litellm's proxy is not there: install litellm[proxy] in a venv, set LITELLM_PROGRAM")
    folder = tmp_path_factory.mktemp("litellm")
    config = folder / "config.yaml"
    config.write_text(json.dumps(_config()))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(
        [program, *options], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()


def _config() -> dict[str, object]:
    models = [
        {"model_name": name, "litellm_params": {"model": "openai/any", "api_key": "x", "mock_response": said}}
        for name, said in ANSWERS.items()
    ]
    return {
        "model_list": models,
        "general_settings": {"master_key": KEY},
        "router_settings": {"num_retries": 0},
        "litellm_settings": {"num_retries": 0, "telemetry": False},
    }


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while True:
        try:
            urllib.request.urlopen(f"{url}/health/liveliness", timeout=5).close()
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, "the proxy has ended"
            assert time.monotonic() < deadline, "the proxy does not come up"
            time.sleep(0.5)
        else:
            return


def llm_at(url: str, model: str) -> LLM:
    return create(LLMConfig(model, KEY, f"{url}/v1", timeout=30))


async def test_a_chat_and_the_models(url: str) -> None:
    llm = llm_at(url, "fine")
    response = await complete(llm, ASK)
    assert response.message.content == ANSWERS["fine"]
    assert response.usage.output > 0
    assert {info.id for info in await llm.models()} == set(ANSWERS)
    await llm.aclose()


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("limited", ProviderRateLimitedError),
        ("broken", ProviderUnavailableError),
        ("too-long", ProviderRequestError),
        ("not-there", ProviderRequestError),
    ],
)
async def test_what_goes_wrong(url: str, model: str, kind: type[ProviderError]) -> None:
    llm = llm_at(url, model)
    with pytest.raises(ProviderError) as caught:
        await complete(llm, ASK)
    await llm.aclose()
    assert type(caught.value) is kind
    assert KEY not in caught.value.message
