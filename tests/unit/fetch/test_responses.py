"""What comes back: bodies within their limits, deadlines, failures, and no secret in any of it."""

import gzip
import logging
import zlib
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.fetch import (
    Fetch,
    FetchError,
    FetchRefusedError,
    FetchRequest,
    FetchResponse,
    FetchTimeoutError,
    FetchTooLargeError,
)
from liteagent.infra.fetch.allow_list import AllowList
from liteagent.infra.fetch.client import SafeFetch
from liteagent.testing.fetch import ScriptedFetch
from tests.unit.fetch.local_server import Answer, LocalServer, response, serving

MB = 1024 * 1024


async def fetched(answer: Answer, **options: Any) -> FetchResponse:
    fetch = SafeFetch(AllowList.parse("127.0.0.1"))
    async with serving({"/": answer}) as server:
        try:
            return await fetch(FetchRequest("GET", server.url(), **options))
        finally:
            await fetch.aclose()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


TEXT = b"".join(b"%d, " % n for n in range(50_000))


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("GZIP", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:1000]) + gzip.compress(b"") + gzip.compress(TEXT[1000:])),
        ("gzip", gzip.compress(TEXT) + b"\0" * 100),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("identity", TEXT),
        ("identity, gzip", gzip.compress(TEXT)),
        ("utf-8", TEXT),
        ("", TEXT),
    ],
)
async def test_a_body_is_decompressed(encoding: str, body: bytes) -> None:
    answer = await fetched(response(body, content_encoding=encoding))
    assert answer.body == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_body_may_be_empty(encoding: str) -> None:
    assert (await fetched(response(b"", content_encoding=encoding))).body == b""


async def test_a_chunked_body_and_one_without_a_length_are_whole() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
    assert (await fetched(chunked)).body == b"abcde"

    async def until_closed(stream: ByteStream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\n\r\nabc")

    assert (await fetched(until_closed)).body == b"abc"


async def test_a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    for body, encoding in ((TEXT, ""), (gzip.compress(TEXT), "gzip"), (gzip.compress(TEXT, 0), "gzip")):
        answer = response(body, content_encoding=encoding)
        assert (await fetched(answer, max_bytes=len(TEXT))).body == TEXT
        with pytest.raises(FetchTooLargeError, match=f"longer than {len(TEXT) - 1:,} bytes"):
            await fetched(answer, max_bytes=len(TEXT) - 1)
    assert (await fetched(response(), max_bytes=0)).body == b""


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_is_stopped_while_it_unfolds(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packer = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    bomb = b"".join(packer.compress(bytes(MB)) for _ in range(20)) + packer.flush()
    unfolded = 0
    make = zlib.decompressobj

    class Counting:
        def __init__(self, wbits: int) -> None:
            self._inner = make(wbits)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def decompress(self, data: bytes, limit: int) -> bytes:
            nonlocal unfolded
            piece = self._inner.decompress(data, limit)
            unfolded += len(piece)
            return piece

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    with pytest.raises(FetchTooLargeError):
        await fetched(response(bomb, content_encoding=encoding), max_bytes=MB)
    assert MB <= unfolded < 2 * MB


async def test_a_stream_without_end_is_left() -> None:
    sent = 0

    async def endless(stream: ByteStream) -> None:
        nonlocal sent
        await stream.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await stream.send(bytes(64 * 1024))
            sent += 64 * 1024

    with pytest.raises(FetchTooLargeError):
        await fetched(endless, max_bytes=MB)
    assert sent < 50 * MB


async def test_a_compressed_stream_without_content_is_left() -> None:
    packer = zlib.compressobj(wbits=31)
    start = packer.compress(b"x") + packer.flush(zlib.Z_SYNC_FLUSH)

    async def hollow(stream: ByteStream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + start)
        while True:
            await stream.send(b"\0\0\0\xff\xff" * 10_000)

    with pytest.raises(FetchTooLargeError):
        await fetched(hollow, max_bytes=MB)


@pytest.mark.parametrize(
    ("encoding", "body", "why"),
    [
        ("gzip", b"not compressed", "not compressed as it says"),
        ("deflate", b"not compressed", "not compressed as it says"),
        ("gzip", gzip.compress(TEXT)[:-20], "breaks off"),
        ("deflate", zlib.compress(TEXT)[:-20], "breaks off"),
        ("gzip, gzip", gzip.compress(gzip.compress(TEXT)), "more than once"),
        ("gzip, br", b"x", "more than once"),
    ],
)
async def test_a_body_that_cannot_be_decompressed_is_a_failure(encoding: str, body: bytes, why: str) -> None:
    with pytest.raises(FetchError, match=why):
        await fetched(response(body, content_encoding=encoding))


async def test_headers_have_lower_case_names_and_repeated_ones_are_joined() -> None:
    lines = "HTTP/1.1 418 Odd\r\nX-One: a\r\nx-one: b\r\nX-Name: J\u00fcrgen\r\nContent-Length: 0\r\n\r\n"
    for encoding in ("utf-8", "latin-1"):
        answer = await fetched(lines.encode(encoding))
        assert answer.status == 418
        assert answer.headers == {"x-one": "a, b", "x-name": "J\u00fcrgen", "content-length": "0"}


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain; charset=latin-1", b"\xe9", "é"),
        ('text/html; Charset="UTF-8"', "é".encode(), "é"),
        ("text/plain;charset=utf-16", "é".encode("utf-16"), "é"),
        ("text/plain; charset='shift_jis'", "日".encode("shift_jis"), "日"),
        ("text/plain", b"a\xffb", "a\ufffdb"),
        ("text/plain; charset=no-such", b"a\xffb", "a\ufffdb"),
        ("text/plain; charset=hex", b"6161", "6161"),
        ("text/plain; charset=rot13", b"abc", "abc"),
        ("text/plain; charset=punycode", b"abc-", "abc-"),
        ("text/plain; charset=unicode_escape", b"\\u0041", "\\u0041"),
        ("text/plain; charset=undefined", b"abc", "abc"),
        ("text/plain; charset=mbcs", b"abc", "abc"),
        ("", b"abc", "abc"),
    ],
)
def test_text_is_decoded_by_its_charset(content_type: str, body: bytes, text: str) -> None:
    assert FetchResponse(200, {"content-type": content_type}, body, "http://x/").text() == text


async def stalls_at_once(stream: ByteStream) -> None:
    await anyio.sleep_forever()


async def stalls_in_the_headers(stream: ByteStream) -> None:
    await stream.send(b"HTTP/1.1 200 OK\r\nX-A: ")
    await anyio.sleep_forever()


async def stalls_in_the_body(stream: ByteStream) -> None:
    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
    await anyio.sleep_forever()


async def drips(stream: ByteStream) -> None:
    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        await stream.send(b"x")
        await anyio.sleep(0.005)


@pytest.mark.parametrize("slow", [stalls_at_once, stalls_in_the_headers, stalls_in_the_body, drips])
async def test_one_deadline_covers_everything(slow: Answer, fetch: SafeFetch) -> None:
    async with serving({"/slow": slow, "/a": response(status="302 Found", location="/slow")}) as server:
        with anyio.fail_after(5), pytest.raises(FetchTimeoutError, match=r"within 0\.1 seconds") as raised:
            await fetch(FetchRequest("GET", server.url("/a?token=s3cret"), timeout=0.1))
    assert raised.value.to_json()["code"] == "fetch_timeout"
    assert raised.value.status == 504
    assert raised.value.details == {"url": server.url("/a")}


async def test_a_fetch_that_is_cancelled_lets_go_of_its_connection(fetch: SafeFetch) -> None:
    begun = anyio.Event()

    async def begins(stream: ByteStream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
        begun.set()
        await stream.receive()

    async with serving({"/": begins}) as server:
        async with anyio.create_task_group() as group:
            group.start_soon(fetch, FetchRequest("GET", server.url()))
            await begun.wait()
            group.cancel_scope.cancel()
        assert (await fetch(FetchRequest("GET", server.url("/other")))).text() == "ok"
        assert server.connections == 2


async def closes(stream: ByteStream) -> None:
    await stream.aclose()


async def breaks_off(stream: ByteStream) -> None:
    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")


async def speaks_no_http(stream: ByteStream) -> None:
    await stream.send(b"220 mail.example ESMTP\r\n")


async def endless_headers(stream: ByteStream) -> None:
    await stream.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await stream.send(b"X-A: " + b"a" * 10_000 + b"\r\n")


@pytest.mark.parametrize("broken", [closes, breaks_off, speaks_no_http, endless_headers])
async def test_a_broken_answer_is_a_failure(broken: Answer) -> None:
    with pytest.raises(FetchError) as raised:
        await fetched(broken)
    assert raised.value.to_json()["code"] == "fetch_failed"
    assert raised.value.status == 502
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


async def test_nobody_there_is_a_failure(fetch: SafeFetch) -> None:
    async with serving() as server:
        url = server.url("/a?token=s3cret")
    with pytest.raises(FetchError, match="nothing accepts connections there") as raised:
        await fetch(FetchRequest("GET", url))
    assert "s3cret" not in str(raised.value.to_json())


async def test_https_to_a_server_without_it_is_a_failure(fetch: SafeFetch) -> None:
    async with serving({}) as server:
        with pytest.raises(FetchError, match=r"TLS|nothing accepts|broke"):
            await fetch(FetchRequest("GET", server.url(scheme="https"), timeout=5))


async def test_a_status_of_failure_is_a_response() -> None:
    assert (await fetched(response(b"no", "503 Service Unavailable"))).status == 503


async def test_nothing_is_kept_of_one_request_for_the_next(fetch: SafeFetch) -> None:
    async with serving({"/": response(b"x", set_cookie="session=s3cret")}) as server:
        await fetch(FetchRequest("GET", server.url()))
        await fetch(FetchRequest("GET", server.url()))
        assert "cookie" not in server.heard[1].headers


async def failing(fetch: SafeFetch, server: LocalServer, path: str) -> LiteAgentError:
    headers = {"Authorization": "Bearer s3cret"}
    request = FetchRequest("POST", server.url(f"{path}?key=s3cret"), headers, b"s3cret", 0.05, 10)
    with pytest.raises(LiteAgentError) as raised:
        await fetch(request)
    assert "s3cret" not in repr(request)
    return raised.value


async def test_no_error_and_no_log_shows_a_query_a_header_or_a_body(
    caplog: pytest.LogCaptureFixture, fetch: SafeFetch
) -> None:
    answers: dict[str, Answer] = {
        "/slow": stalls_in_the_body,
        "/large": response(b"s3cret" * 100),
        "/closed": closes,
        "/bad": response(b"s3cret", content_encoding="gzip"),
        "/loop": response(status="302 Found", location="/loop?key=s3cret"),
        "/inside": response(status="302 Found", location="http://10.0.0.1/?key=s3cret"),
        "/odd": response(status="302 Found", location="http://s3cret@10.0.0.1/"),
    }
    with caplog.at_level(logging.INFO):
        async with serving(answers) as server:
            for path in answers:
                error = await failing(fetch, server, path)
                assert "s3cret" not in f"{error.to_json()} {error!r} {error.__cause__}"
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("kind", [FetchError, FetchRefusedError, FetchTimeoutError, FetchTooLargeError])
def test_an_error_comes_back_from_a_journal_as_it_was(kind: type[LiteAgentError]) -> None:
    assert type(LiteAgentError.from_json(kind("why").to_json())) is kind


async def test_closing_twice_or_unused_is_fine(fetch: SafeFetch) -> None:
    closing: Fetch = fetch
    await closing.aclose()
    await closing.aclose()


async def test_the_scripted_fetch_replies_in_order() -> None:
    first = FetchResponse(200, {}, b"1", "http://x/")
    fetch: Fetch = ScriptedFetch(
        [first, FetchError("no"), lambda request: FetchResponse(201, {}, b"", request.url)]
    )
    assert await fetch(FetchRequest("GET", "http://x/1")) is first
    with pytest.raises(FetchError, match="no"):
        await fetch(FetchRequest("GET", "http://x/2"))
    assert (await fetch(FetchRequest("GET", "http://x/3"))).url == "http://x/3"
    with pytest.raises(AssertionError, match="3 replies"):
        await fetch(FetchRequest("GET", "http://x/4"))
    await fetch.aclose()
