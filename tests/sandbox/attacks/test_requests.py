"""Hostile requests: refused with a reason, nothing of them is run, and the service goes on."""

import gzip
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.attacks.scene import Scene, set_up
from tests.sandbox.attacks.service import HONEST, Service, Way

_RAN = "it-was-run"
_CODE = f"print('{_RAN}')\nresult = '{_RAN}'\n"
_REFUSALS = {400, 401, 403, 405, 411, 413, 415, 422, 431}


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with set_up() as found:
        yield found


@pytest.fixture(scope="module")
def service(scene: Scene) -> Iterator[Service]:
    with Service.started(Way(), scene) as found:
        yield found


def _body(**changes: Any) -> bytes:
    asked: dict[str, Any] = {"language": "python3", "code": _CODE, **changes}
    return json.dumps({name: value for name, value in asked.items() if value is not ...}).encode()


def _with_inputs(text: str) -> bytes:
    return f'{{"language": "python3", "code": {json.dumps(_CODE)}, "inputs": {text}}}'.encode()


REFUSED = {
    "no language": _body(language=...),
    "unknown language": _body(language="ruby"),
    "language in capitals": _body(language="Python3"),
    "language is a number": _body(language=3),
    "language is a list": _body(language=["python3"]),
    "language is null": _body(language=None),
    "language with a path": _body(language="../python3"),
    "no code": _body(code=...),
    "code is a number": _body(code=1),
    "code is a list": _body(code=[_CODE]),
    "code is null": _body(code=None),
    "code of 10 MB": _body(code=f"{_CODE}#{'x' * (10 << 20)}"),
    "inputs are a list": _body(inputs=[1]),
    "inputs are a text": _body(inputs="a"),
    "inputs of 10 MB": _body(inputs={"a": "x" * (10 << 20)}),
    "inputs of a million numbers": _body(inputs={"a": list(range(1_000_000))}),
    "inputs 100,000 deep": _with_inputs('{"a":' + "[" * 100_000 + "]" * 100_000 + "}"),
    "inputs that never close": _with_inputs('{"a":' * 10_000),
    "inputs that are not a number": _with_inputs('{"a": NaN}'),
    "inputs that are endless": _with_inputs('{"a": -Infinity}'),
    "limits are a list": _body(limits=[1]),
    "unknown limit": _body(limits={"disk": 1}),
    "limit of another spelling": _body(limits={"Wall": 1}),
    "negative time": _body(limits={"wall": -1}),
    "negative processor time": _body(limits={"cpu": -0.5}),
    "negative memory": _body(limits={"mem": -1}),
    "no time": _body(limits={"wall": 0}),
    "time as text": _body(limits={"wall": "60"}),
    "time as a list": _body(limits={"wall": [1]}),
    "time that is no number": _with_inputs('{}, "limits": {"wall": NaN}'),
    "endless time": _with_inputs('{}, "limits": {"wall": Infinity}'),
    "memory as text": _body(limits={"mem": "1G"}),
    "network as text": _body(enable_network="yes please"),
    "preload is a list": _body(preload=["import os"]),
    "empty": b"",
    "no JSON": b"language=python3",
    "half of JSON": _body()[:-5],
    "two of them": _body() + _body(),
    "a list": b"[]",
    "a text": b'"python3"',
    "null": b"null",
    "broken UTF-8": b'{"language": "python3", "code": "\xff\xfe"}',
    "only zeros": bytes(1000),
    "100,000 brackets": b"[" * 100_000,
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_it_is_refused(service: Service, body: bytes) -> None:
    answer = service.post(body)
    assert _RAN not in answer.text
    assert answer.status in _REFUSALS or answer.kind == "bad_request", answer.text[:500]
    assert answer.body["code"] in {-400, -413}
    assert answer.body["message"]
    assert len(answer.text) < 10_000
    assert "Traceback" not in answer.text
    assert service.run(HONEST).data["result"] == {"sum": 42}


STRANGE = {
    "a lone surrogate": _with_inputs('{"a": "\\ud800"}'),
    "a number beyond floats": _with_inputs('{"a": 1e999}'),
    "a number of 5,000 digits": _with_inputs(f'{{"a": {"9" * 5000}}}'),
    "a zero in a name": _with_inputs('{"a\\u0000b": 1}'),
    "a name of a megabyte": _with_inputs(json.dumps({"a" * 900_000: 1})),
    "the same name twice": _with_inputs('{"a": 1, "a": 2}'),
    "a thousand names": _with_inputs(json.dumps({f"a{n}": n for n in range(1000)})),
    "huge limits": _body(limits={"wall": 1e12, "cpu": 1e12, "mem": 1 << 60}),
    "limits beyond 64 bits": _body(limits={"mem": 10**30}),
    "memory as a fraction": _body(limits={"mem": 1.5}),
    "UTF-16": _body().decode().encode("utf-16"),
    "tiny memory": _body(limits={"mem": 1}),
    "tiny time": _body(limits={"wall": 1e-9}),
    "a switch for a limit": _body(limits={"wall": True}),
    "empty code": _body(code=""),
    "code of zeros": _body(code="\0" * 1000),
    "code with a lone surrogate": b'{"language": "python3", "code": "print(1) # \\ud800"}',
    "one more field": _body(uid=0, root="/"),
    "the network": _body(enable_network=True),
}


@pytest.mark.alone
@pytest.mark.parametrize("body", STRANGE.values(), ids=STRANGE)
def test_it_is_answered_in_one_way_or_another(service: Service, body: bytes) -> None:
    answer = service.post(body)
    assert answer.status < 500, answer.text[:500]
    assert "code" in answer.body
    assert answer.seconds < 5
    assert service.run(HONEST).data["result"] == {"sum": 42}


def test_an_unknown_language_is_said_as_other_services_say_it(service: Service) -> None:
    answer = service.post(_body(language="ruby"))
    assert (answer.status, answer.body["code"], answer.body["message"], answer.body["data"]) == (
        400,
        -400,
        "unsupported language",
        None,
    )


KEYS = {
    "none": None,
    "empty": b"",
    "another": b"dify-sandbox",
    "long": b"x" * 50_000,
    "not ASCII": b"\xff\xfe\xe9",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_without_the_key_nothing_is_run(service: Service, scene: Scene, key: bytes | None) -> None:
    status = _status_of(service, [] if key is None else [key], _body())
    assert status in {400, 401, 431}


def test_a_part_of_the_key_is_not_the_key(service: Service, scene: Scene) -> None:
    secret = scene.secrets["key"].encode()
    for key in (secret[:-1], secret + b"x", secret.upper(), b"*", secret[:1]):
        assert _status_of(service, [key], _body()) == 401
    assert _status_of(service, [b"wrong", b"wrong"], _body()) == 401
    assert _status_of(service, [secret], _body()) == 200


def test_the_key_comes_before_the_body(service: Service) -> None:
    assert _status_of(service, [b"wrong"], b"no JSON") == 401


@pytest.mark.alone
def test_a_body_that_never_comes_holds_nobody_up(service: Service, scene: Scene) -> None:
    host, port = service.client.base_url.host, service.client.base_url.port
    assert port is not None
    lines = ["POST /v1/sandbox/run HTTP/1.1", f"Host: {host}", f"X-Api-Key: {scene.secrets['key']}"]
    lines += ["Content-Type: application/json", "Content-Length: 1000000", "", '{"language":']
    held = [socket.create_connection((host, port), 5) for _ in range(20)]
    for each in held:
        each.sendall("\r\n".join(lines).encode())
    answer = service.run(HONEST)
    for each in held:
        each.close()
    assert answer.data["result"] == {"sum": 42}
    assert answer.seconds < 1


def test_a_packed_body_is_not_unpacked_without_end(service: Service) -> None:
    packed = gzip.compress(b" " * (64 << 20) + _body())
    answer = service.post(packed, {"Content-Encoding": "gzip"})
    assert answer.status in _REFUSALS
    assert service.run(HONEST).data["result"] == {"sum": 42}


def test_other_methods_and_paths_run_nothing(service: Service) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = service.client.request(method, "/v1/sandbox/run", content=_body())
        assert answer.status_code in {404, 405}
    for path in ("/v1/sandbox/run/../../../etc/passwd", "/v1/sandbox/eval", "//v1/sandbox/run/"):
        answer = service.client.post(path, content=_body())
        assert _RAN not in answer.text


def _status_of(service: Service, keys: list[bytes], body: bytes) -> int:
    """By a socket: a client library would refuse to send such headers."""
    host, port = service.client.base_url.host, service.client.base_url.port
    assert port is not None
    head = [
        b"POST /v1/sandbox/run HTTP/1.1",
        b"Host: x",
        b"Content-Type: application/json",
        b"Connection: close",
    ]
    head += [b"X-Api-Key: " + key for key in keys] + [b"Content-Length: " + str(len(body)).encode(), b"", b""]
    with socket.create_connection((host, port), 10) as line:
        line.sendall(b"\r\n".join(head) + body)
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert _RAN.encode() not in answer or keys == [key for key in keys if answer.startswith(b"HTTP/1.1 200")]
    return int(answer.split()[1])
