"""What is sent: methods, headers, bodies, and what goes along on a redirect."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from liteagent.contracts.fetch import FetchError, FetchRefusedError, FetchRequest
from liteagent.infra.fetch.client import SafeFetch
from tests.unit.fetch.local_server import Fetching, response, serving

SECRETS = {
    "Authorization": "Bearer s",
    "Cookie": "c=s",
    "X-Api-Key": "s",
    "X-Anything": "s",
    "Accept": "text/html",
}


def moved(location: str, status: str = "302 Found") -> bytes:
    return response(b"elsewhere", status, location=location)


async def test_method_headers_and_body_arrive_as_given(fetch: SafeFetch) -> None:
    async with serving() as server:
        request = FetchRequest("post", server.url("/x"), {"X-One": "1", "Accept": "text/plain"}, b"body")
        await fetch(request)
        heard = server.heard[0]
    assert heard.line == "POST /x HTTP/1.1"
    assert heard.body == b"body"
    assert heard.headers["x-one"] == "1"
    assert heard.headers["accept"] == "text/plain"
    assert heard.headers["content-length"] == "4"
    assert heard.headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [("GET", None, None), ("POST", None, "0"), ("PUT", b"", "0"), ("GET", b"x", "1")],
)
async def test_a_length_is_sent_where_one_belongs(
    method: str, body: bytes | None, length: str | None, fetch: SafeFetch
) -> None:
    async with serving() as server:
        await fetch(FetchRequest(method, server.url(), body=body))
        assert server.heard[0].headers.get("content-length") == length
        assert "transfer-encoding" not in server.heard[0].headers


@pytest.mark.parametrize(
    ("headers", "sent"), [({}, "k1"), ({"idempotency-KEY": "own"}, "own"), ({"X-Idempotency-Key": "x"}, "k1")]
)
async def test_the_idempotency_key_is_sent_unless_there_is_one(
    headers: dict[str, str], sent: str, fetch: SafeFetch
) -> None:
    async with serving() as server:
        await fetch(FetchRequest("POST", server.url(), headers, idempotency_key="k1"))
        assert server.heard[0].headers["idempotency-key"] == sent


BAD_HEADERS = [
    {"X-A": "a\r\nX-B: b"},
    {"X-A": "a\nb"},
    {"X-A": "a\rb"},
    {"X-A": "a\0b"},
    {"X-A": "a\x7fb"},
    {"X-A": "日本"},
    {"X-A\r\nX-B": "b"},
    {"X A": "b"},
    {"X-A:": "b"},
    {"": "b"},
    {"é": "b"},
    {"Host": "evil.test"},
    {"HOST": "evil.test"},
    {"Content-Length": "5"},
    {"Transfer-Encoding": "chunked"},
    {"transfer-encoding": "identity"},
    {"Connection": "X-A"},
    {"Keep-Alive": "timeout=5"},
    {"Proxy-Connection": "close"},
    {"Proxy-Authorization": "Basic x"},
    {"TE": "trailers"},
    {"Trailer": "X-A"},
    {"Upgrade": "h2c"},
    {"Expect": "100-continue"},
    {"HTTP2-Settings": "x"},
]


@pytest.mark.parametrize("headers", BAD_HEADERS, ids=repr)
async def test_a_header_that_would_change_the_message_is_refused(
    headers: dict[str, str], fetch: SafeFetch
) -> None:
    async with serving() as server:
        with pytest.raises(FetchRefusedError):
            await fetch(FetchRequest("GET", server.url(), headers))
        assert server.connections == 0


@pytest.mark.parametrize("method", ["", "GET ", "GET / HTTP/1.1\r\nX: y", "G\0T", "GÉT", "CONNECT", "trace"])
async def test_a_method_that_is_none_is_refused(method: str, fetch: SafeFetch) -> None:
    async with serving() as server:
        with pytest.raises(FetchRefusedError):
            await fetch(FetchRequest(method, server.url()))
        assert server.connections == 0


@pytest.mark.parametrize("key", ["a\r\nX: y", "a\0"])
async def test_an_idempotency_key_is_a_header_like_any_other(key: str, fetch: SafeFetch) -> None:
    with pytest.raises(FetchRefusedError):
        await fetch(FetchRequest("GET", "http://127.0.0.1/", idempotency_key=key))


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
async def test_a_timeout_is_a_time(timeout: float, fetch: SafeFetch) -> None:
    with pytest.raises(FetchRefusedError, match="above 0"):
        await fetch(FetchRequest("GET", "http://127.0.0.1/", timeout=timeout))


async def test_a_redirect_is_followed_and_named_in_the_response(fetch: SafeFetch) -> None:
    async with serving() as server:
        server.answers |= {"/a": moved("/b?x=1#part"), "/b": response(b"there")}
        answer = await fetch(FetchRequest("GET", server.url("/a"), SECRETS))
    assert answer.body == b"there"
    assert answer.url == server.url("/b?x=1")
    assert server.heard[1].headers["authorization"] == "Bearer s", "the origin is the same"
    assert server.heard[1].headers["x-api-key"] == "s"


async def test_a_redirect_is_the_response_where_it_is_not_to_be_followed(fetch: SafeFetch) -> None:
    async with serving({"/a": moved("http://10.0.0.1/")}) as server:
        answer = await fetch(FetchRequest("GET", server.url("/a"), follow_redirects=False))
    assert (answer.status, answer.body) == (302, b"elsewhere")
    assert answer.headers["location"] == "http://10.0.0.1/"


async def test_a_redirect_without_a_location_is_the_response(fetch: SafeFetch) -> None:
    async with serving({"/a": response(b"hm", "302 Found"), "/b": moved("/c", "304 Not Modified")}) as server:
        assert (await fetch(FetchRequest("GET", server.url("/a")))).status == 302
        assert (await fetch(FetchRequest("GET", server.url("/b")))).status == 304


async def test_credentials_stay_behind_when_the_origin_changes(fetch: SafeFetch) -> None:
    async with serving() as other, serving() as server:
        server.answers["/a"] = moved(other.url("/b"))
        request = FetchRequest("GET", server.url("/a"), SECRETS, idempotency_key="k")
        assert (await fetch(request)).url == other.url("/b")
        told = other.heard[0].headers
    assert told["accept"] == "text/html"
    assert told["idempotency-key"] == "k"
    assert told["host"] == f"127.0.0.1:{other.port}"
    assert not set(told) & {"authorization", "cookie", "x-api-key", "x-anything"}


async def test_another_name_of_the_same_server_is_another_origin(fetch: SafeFetch) -> None:
    async with serving() as server:
        server.answers["/a"] = moved(server.url("/b", host="other.test"))
        await fetch(FetchRequest("GET", server.url("/a"), SECRETS))
        assert "authorization" not in server.heard[1].headers


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        ("303 See Other", "POST", "GET"),
        ("303 See Other", "PUT", "GET"),
        ("303 See Other", "HEAD", "HEAD"),
        ("301 Moved", "POST", "GET"),
        ("302 Found", "POST", "GET"),
        ("302 Found", "PUT", "PUT"),
        ("307 Temporary", "POST", "POST"),
        ("308 Permanent", "PATCH", "PATCH"),
    ],
)
async def test_a_method_that_changes_leaves_the_body_behind(
    status: str, before: str, after: str, fetch: SafeFetch
) -> None:
    async with serving() as server:
        server.answers["/a"] = moved("/b", status)
        body = None if before == "HEAD" else b"secret"
        server.answers["/b"] = response()
        if before == "HEAD":
            server.answers["/a"] = moved("/b", status).removesuffix(b"elsewhere")
        await fetch(FetchRequest(before, server.url("/a"), {"Content-Type": "text/plain"}, body))
        heard = server.heard[1]
    assert heard.line == f"{after} /b HTTP/1.1"
    assert (heard.body == b"secret") is (before == after and body is not None)
    assert ("content-type" in heard.headers) is (before == after)


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/",
        "http://[::1]/",
        "//10.0.0.1/x",
        "http://127.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://user:pw@127.0.0.1/",
        "http://93.184.216.34:22/",
        "http://[/",
    ],
)
async def test_a_redirect_is_checked_like_the_first_url(location: str, fetch: SafeFetch) -> None:
    async with serving({"/a": moved(location)}) as server:
        with pytest.raises(FetchRefusedError) as raised:
            await fetch(FetchRequest("GET", server.url("/a")))
        assert len(server.heard) == 1
        assert "pw" not in raised.value.message


async def test_redirects_come_to_an_end(fetch: SafeFetch) -> None:
    async with serving() as server:
        server.answers |= {f"/{n}": moved(f"/{n + 1}") for n in range(5)}
        assert (await fetch(FetchRequest("GET", server.url("/0")))).url == server.url("/5")
        assert len(server.heard) == 6
        server.answers["/5"] = moved("/0?token=s3cret")
        with pytest.raises(FetchError, match="more than 5 times") as raised:
            await fetch(FetchRequest("GET", server.url("/0")))
        assert "s3cret" not in str(raised.value.to_json())
        assert len(server.heard) == 12


def certificate(folder: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of its own for `names`, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(issuer)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(plain + made.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=made.public_bytes(pem).decode())


async def test_tls_speaks_of_the_name_and_checks_the_certificate_against_it(
    tmp_path: Path, fetching: Fetching
) -> None:
    tls, trusting = certificate(tmp_path, "secure.test")
    told: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: told.append(name)
    fetch = fetching(ssl_context=trusting)
    async with serving(tls=tls) as server:
        url = server.url("/x", host="secure.test", scheme="https")
        assert (await fetch(FetchRequest("GET", url))).text() == "ok"
        assert told == ["secure.test"]
        assert server.heard[0].headers["host"] == f"secure.test:{server.port}"
        with pytest.raises(FetchError, match="certificate is not trusted"):
            await fetch(FetchRequest("GET", server.url("/x", host="other.test", scheme="https")))


async def test_a_certificate_of_nobody_known_is_not_trusted(tmp_path: Path, fetch: SafeFetch) -> None:
    tls, _ = certificate(tmp_path, "secure.test")
    async with serving(tls=tls) as server:
        with pytest.raises(FetchError, match="certificate is not trusted"):
            await fetch(FetchRequest("GET", server.url(host="secure.test", scheme="https")))
        assert server.heard == []


async def test_a_redirect_to_an_unencrypted_address_is_refused(tmp_path: Path, fetching: Fetching) -> None:
    tls, trusting = certificate(tmp_path, "secure.test")
    async with serving() as plain, serving(tls=tls) as server:
        server.answers["/a"] = moved(plain.url("/b"))
        fetch = fetching(ssl_context=trusting)
        with pytest.raises(FetchRefusedError, match="not encrypted"):
            await fetch(FetchRequest("GET", server.url("/a", host="secure.test", scheme="https")))
        assert plain.connections == 0
        plain.answers["/up"] = moved(server.url("/b", host="secure.test", scheme="https"))
        assert (await fetch(FetchRequest("GET", plain.url("/up")))).text() == "ok"


async def test_a_connection_is_used_again(fetch: SafeFetch) -> None:
    async with serving() as server:
        for _ in range(3):
            await fetch(FetchRequest("GET", server.url()))
        assert server.connections == 1
