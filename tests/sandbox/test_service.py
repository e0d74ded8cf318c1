"""The sandbox over HTTP, and in the shapes that clients of dify-sandbox send."""

import base64
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest

from liteagent_sandbox.pool import Pool
from liteagent_sandbox.service import create_app
from liteagent_sandbox.settings import Settings, SettingsError

_KEY = "a key of the tests"
_HEADERS = {"X-Api-Key": _KEY}


@pytest.fixture(scope="module")
async def client(pool: Pool) -> AsyncGenerator[httpx2.AsyncClient]:
    app = create_app(Settings(api_key=_KEY), pool)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox", headers=_HEADERS) as opened:
        yield opened


async def _run(client: httpx2.AsyncClient, **body: Any) -> httpx2.Response:
    return await client.post("/v1/sandbox/run", json=body)


async def test_a_run_is_answered_with_everything(client: httpx2.AsyncClient) -> None:
    answer = await _run(
        client, language="python3", code="print('x')\ndef main(a):\n    return a", inputs={"a": 1}
    )
    body = answer.json()
    assert (answer.status_code, body["code"], body["message"]) == (200, 0, "success")
    data = body["data"]
    assert sorted(data) == [
        "duration_ms",
        "error",
        "error_kind",
        "exit_code",
        "level",
        "memory_mb",
        "result",
        "stderr",
        "stdout",
    ]
    assert (data["stdout"], data["stderr"], data["error"], data["exit_code"]) == ("x\n", "", "", 0)
    assert (data["result"], data["error_kind"]) == (1, None)


@pytest.mark.parametrize("key", ["", "wrong", "é"])
async def test_without_the_key_there_is_nothing(client: httpx2.AsyncClient, key: str) -> None:
    headers = {b"X-Api-Key": key.encode()}
    answer = await client.post("/v1/sandbox/run", json={"language": "python3", "code": "1"}, headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")
    assert (await client.get("/v1/sandbox/dependencies", headers=headers)).status_code == 401


BAD: list[tuple[Any, str]] = [
    ({"language": "ruby", "code": "1"}, "unsupported language"),
    ({"code": "1"}, "unsupported language"),
    ({"language": "python3"}, "`code` is missing"),
    ({"language": "python3", "code": 1}, "`code` has to be a text"),
    ({"language": "python3", "code": "1", "inputs": [1]}, "`inputs` has to be an object"),
    ({"language": "python3", "code": "1", "limits": {"wall": "1"}}, "has to be a number above 0"),
    ({"language": "python3", "code": "1", "limits": {"disk": 1}}, "there is no limit 'disk'"),
    ({"language": "python3", "code": "1", "enable_network": "yes"}, "true or false"),
    ([1], "a JSON object"),
]


@pytest.mark.parametrize(("body", "message"), BAD)
async def test_a_bad_request_says_what_to_do(client: httpx2.AsyncClient, body: Any, message: str) -> None:
    answer = await client.post("/v1/sandbox/run", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, -400)
    assert message in answer.json()["message"]


async def test_a_body_that_is_not_json_or_too_large_is_refused(client: httpx2.AsyncClient) -> None:
    for content, status in ((b"{", 400), (b"[" * 100_000, 400), (b" " * 20_000_000, 413)):
        answer = await client.post("/v1/sandbox/run", content=content)
        assert answer.status_code == status


async def test_limits_are_kept(client: httpx2.AsyncClient) -> None:
    answer = await _run(client, language="python3", code="while True: pass", limits={"wall": 0.2})
    assert answer.json()["data"]["error_kind"] == "timeout"
    answer = await _run(client, language="python3", code="x = bytearray(100 << 20)", limits={"mem": 20 << 20})
    assert answer.json()["data"]["error_kind"] == "memory"


async def test_what_is_no_text_is_answered_all_the_same(client: httpx2.AsyncClient) -> None:
    answer = await _run(
        client, language="python3", code="import os\nos.write(1, b'\\xff\\xfe')\nprint('\\ud800')"
    )
    assert answer.status_code == 200
    assert "\ufffd" in answer.json()["data"]["stdout"]


async def test_busy_is_told_with_a_time_to_wait() -> None:
    async with Pool(Settings(workers=1, queue=0, spares=1, node="none")) as pool:
        pool.running = 1
        app = create_app(Settings(), pool)
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://sandbox"
        ) as client:
            answer = await _run(client, language="python3", code="1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert (answer.json()["code"], answer.json()["message"]) == (-503, "Too many requests")
    assert answer.json()["data"]["error_kind"] == "busy"


async def test_health_tells_how_strong_the_walls_are(client: httpx2.AsyncClient, pool: Pool) -> None:
    body = (await client.get("/health")).json()
    assert (body["status"], body["level"]) == ("ok", pool.level)
    assert "seccomp" in body["layers"]


async def test_metrics_count_runs_by_their_end(client: httpx2.AsyncClient) -> None:
    await _run(client, language="python3", code="1 / 0")
    text = (await client.get("/metrics")).text
    assert 'sandbox_runs_total{language="python3",outcome="runtime_error"}' in text
    assert 'sandbox_run_seconds_bucket{language="python3",le="+Inf"}' in text


def test_beyond_loopback_there_has_to_be_a_key() -> None:
    with pytest.raises(SettingsError, match="SANDBOX_API_KEY"):
        create_app(Settings(host="0.0.0.0"))
    create_app(Settings(host="0.0.0.0", api_key=_KEY))


# What Dify's own code node makes of a user's function: the inputs in base64, the result between marks.
_DIFY_PYTHON = """
# declare main function
def main(a: str, b: int) -> dict:
    return {"result": a * b}

import json
from base64 import b64decode

# decode and prepare input dict
inputs_obj = json.loads(b64decode('{inputs}').decode('utf-8'))

# execute main function
output_obj = main(**inputs_obj)

# convert output to json and print
output_json = json.dumps(output_obj, indent=4)
result = f'''<<RESULT>>{{output_json}}<<RESULT>>'''
print(result)
"""
_DIFY_NODE = """
// declare main function
function main({a}) {
    return {b: a}
}

// decode and prepare input object
var inputs_obj = JSON.parse(Buffer.from('INPUTS', 'base64').toString('utf-8'))

// execute main function
var output_obj = main(inputs_obj)

// convert output to json and print
var output_json = JSON.stringify(output_obj)
var result = `<<RESULT>>${output_json}<<RESULT>>`
console.log(result)
"""
_DIFY_TEMPLATE = """
import jinja2
import json
from base64 import b64decode

template = jinja2.Template(b64decode('{template}').decode('utf-8'))

def main(**inputs):
    return template.render(**inputs)

inputs_obj = json.loads(b64decode('{inputs}').decode('utf-8'))
output_obj = main(**inputs_obj)
result = f'''<<RESULT>>{{output_obj}}<<RESULT>>'''
print(result)
"""


def _encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _python() -> str:
    code = _DIFY_PYTHON.replace("{inputs}", _encoded(json.dumps({"a": "é", "b": 2})))
    return code.replace("{{", "{").replace("}}", "}")


def _template() -> str:
    code = _DIFY_TEMPLATE.replace("{inputs}", _encoded(json.dumps({"name": "you"})))
    return code.replace("{template}", _encoded("Hello {{ name }}")).replace("{{output_obj}}", "{output_obj}")


DIFY = [
    ("python3", _python(), '<<RESULT>>{\n    "result": "\\u00e9\\u00e9"\n}<<RESULT>>\n'),
    ("nodejs", _DIFY_NODE.replace("INPUTS", _encoded('{"a": "a"}')), '<<RESULT>>{"b":"a"}<<RESULT>>\n'),
    ("python3", _template(), "<<RESULT>>Hello you<<RESULT>>\n"),
    ("python3", 'import json\nprint(json.dumps({"hello": "world"}))\n\t', '{"hello": "world"}\n'),
    ("nodejs", 'console.log(JSON.stringify({"hello": "world"}));\n\t', '{"hello":"world"}\n'),
    (
        "python3",
        "import base64\nprint(base64.b64decode(base64.b64encode(b'hello world')).decode())",
        "hello world\n",
    ),
]


@pytest.mark.parametrize(("language", "code", "printed"), DIFY)
async def test_a_client_of_dify_sandbox_is_answered_as_it_expects(
    client: httpx2.AsyncClient, language: str, code: str, printed: str
) -> None:
    answer = await _run(client, language=language, code=code, preload="", enable_network=True)
    body = answer.json()
    assert (answer.status_code, body["code"], body["message"]) == (200, 0, "success")
    assert body["data"]["stdout"] == printed
    assert (body["data"]["error"], body["data"]["stderr"]) == ("", "")


async def test_a_redefined_builtin_of_node_gets_nowhere(client: httpx2.AsyncClient) -> None:
    code = """
var data;
function main() { return {result: data}; }
function parseInt() {
    const {execSync} = require('child_process');
    data = execSync("ls -la /", {encoding: "utf8"});
    return 0;
}
console.log(main());
"""
    answer = await _run(client, language="nodejs", code=code)
    assert "result: undefined" in answer.json()["data"]["stdout"]


async def test_the_packages_are_listed_and_the_operators(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/v1/sandbox/dependencies", params={"language": "python3"})
    assert answer.json() == {"code": 0, "message": "success", "data": {"dependencies": []}}
    assert (await client.get("/v1/sandbox/dependencies/refresh")).json()["code"] == 0
    assert (await client.post("/v1/sandbox/dependencies/update")).json()["code"] == -400
