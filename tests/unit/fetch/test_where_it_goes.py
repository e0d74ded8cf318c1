"""Hostile URLs are refused without a connection, and ordinary ones go to the address that was checked."""

import ssl
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

import anyio
import anyio.lowlevel
import httpcore2
import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.fetch import FetchError, FetchRefusedError, FetchRequest, FetchTimeoutError
from liteagent.infra.fetch.addresses import IPAddress
from liteagent.infra.fetch.resolver import system_resolver
from tests.unit.fetch.hostile_urls import HOSTILE
from tests.unit.fetch.local_server import Fetching, LocalServer, response, serving

PUBLIC = "93.184.216.34"
PUBLIC_V6 = "2606:2800:220:1:248:1893:25c8:1946"


class Connector(httpcore2.AsyncNetworkBackend):
    """Opens no connection to anywhere; whatever address is asked for, a written answer comes."""

    def __init__(self, refusing: Sequence[str] = (), answer: bytes = response(b"ok")) -> None:
        self.asked: list[tuple[str, int]] = []
        self._refusing = refusing
        self._answer = answer

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.asked.append((host, port))
        if host in self._refusing:
            raise httpcore2.ConnectError
        return _Stream([self._answer])


class _Stream(httpcore2.AsyncMockStream):
    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        return self


class Names:
    """A resolver; each look-up of a name takes the next of its answers, and the last one stays."""

    def __init__(self, names: Mapping[str, Sequence[str]], *later: Mapping[str, Sequence[str]]) -> None:
        self._rounds = [names, *later]
        self.asked: list[str] = []

    async def __call__(self, name: str) -> Sequence[IPAddress]:
        answers = self._rounds[min(self.asked.count(name), len(self._rounds) - 1)]
        self.asked.append(name)
        if name not in answers:
            raise OSError("unknown")
        return [ip_address(text) for text in answers[name]]


INSIDE = Names(
    {
        "localhost": ["127.0.0.1", "::1"],
        "localhost.localdomain": ["127.0.0.1"],
        "metadata.google.internal": ["169.254.169.254"],
        "postgres": ["172.18.0.3"],
        "rebind.example": [PUBLIC, "127.0.0.1"],
        "rebind6.example": [PUBLIC_V6, PUBLIC, "::1"],
        "mapped.example": ["::ffff:127.0.0.1"],
        "nat64.example": ["64:ff9b::7f00:1"],
        "127.0.0.1.nip.io": ["127.0.0.1"],
        "xn--fa-hia.de": ["10.0.0.1"],
    }
)


@pytest.mark.parametrize("url", HOSTILE)
async def test_a_hostile_url_is_refused_and_no_connection_is_opened(url: str, fetching: Fetching) -> None:
    connector = Connector()
    names = Names({"example.com": [PUBLIC]})

    async def either(name: str) -> Sequence[IPAddress]:
        return await (names if name == "example.com" else INSIDE)(name)

    with pytest.raises(FetchRefusedError) as raised:
        await fetching("", either, connector=connector)(FetchRequest("GET", url))
    assert connector.asked == []
    assert isinstance(raised.value, InvalidInputError)
    assert raised.value.to_json()["code"] == "fetch_refused"
    assert "secret" not in str(raised.value.to_json())


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0", "localhost", "127.0.0.1", "[::1]"]
)
async def test_the_system_s_own_resolver_opens_no_way_in(host: str, fetching: Fetching) -> None:
    connector = Connector()
    with pytest.raises(FetchRefusedError):
        await fetching("", system_resolver, connector=connector)(FetchRequest("GET", f"http://{host}/"))
    assert connector.asked == []


FINE = {
    "http://example.com/": ("93.184.216.34", 80),
    "HTTP://EXAMPLE.COM./a b?q=é&r=1#part": ("93.184.216.34", 80),
    "https://example.com": ("93.184.216.34", 443),
    "http://example.com:8080/": ("93.184.216.34", 8080),
    "https://example.com:8443/x": ("93.184.216.34", 8443),
    "http://example.com:443/": ("93.184.216.34", 443),
    "http://example.com:/": ("93.184.216.34", 80),
    "http://93.184.216.34/": ("93.184.216.34", 80),
    f"http://[{PUBLIC_V6}]/": (PUBLIC_V6, 80),
    "http://six.example/": (PUBLIC_V6, 80),
    "http://bücher.example/": ("93.184.216.34", 80),
    "http://under_score.example/": ("93.184.216.34", 80),
    "http://example.com/a/../b/?url=http://127.0.0.1/&mail=a@b": ("93.184.216.34", 80),
    "http://example.com/@127.0.0.1/": ("93.184.216.34", 80),
}

OUTSIDE = {
    "example.com": [PUBLIC],
    "six.example": [PUBLIC_V6],
    "xn--bcher-kva.example": [PUBLIC],
    "under_score.example": [PUBLIC],
}


@pytest.mark.parametrize("url", FINE)
async def test_an_ordinary_url_is_fetched_from_the_address_that_was_checked(
    url: str, fetching: Fetching
) -> None:
    connector = Connector()
    fetch = fetching("", Names(OUTSIDE), connector=connector)
    answer = await fetch(FetchRequest("GET", url))
    assert (answer.status, answer.body) == (200, b"ok")
    assert connector.asked == [FINE[url]]


async def test_a_refusal_says_what_to_add_and_keeps_the_query_to_itself(fetching: Fetching) -> None:
    fetch = fetching("", INSIDE, connector=Connector())
    with pytest.raises(FetchRefusedError) as raised:
        await fetch(FetchRequest("GET", "http://postgres:8080/a?token=s3cret#s3cret", {"x-key": "s3cret"}))
    assert "adds postgres:8080 to the setting FETCH_ALLOW" in raised.value.message
    assert raised.value.details == {"url": "http://postgres:8080/a", "allow": "postgres:8080"}
    assert "172.18" not in str(raised.value.to_json()), "what a name leads to inside is nobody's business"
    with pytest.raises(FetchRefusedError, match=r"adds \[::1\]:80 to the setting FETCH_ALLOW"):
        await fetch(FetchRequest("GET", "http://[::1]/"))


async def test_a_name_is_looked_up_once_whatever_it_answers_later(fetching: Fetching) -> None:
    names = Names({"rebind.test": [PUBLIC]}, {"rebind.test": ["127.0.0.1"]})
    connector = Connector()
    fetch = fetching("", names, connector=connector)
    await fetch(FetchRequest("GET", "http://rebind.test/"))
    assert names.asked == ["rebind.test"]
    assert connector.asked == [(PUBLIC, 80)]
    with pytest.raises(FetchRefusedError):
        await fetch(FetchRequest("GET", "http://rebind.test/"))
    assert connector.asked == [(PUBLIC, 80)], "a connection that is kept serves the checked address only"


async def test_a_connection_is_kept_for_its_name_and_address_alone(fetching: Fetching) -> None:
    other = "93.184.216.35"
    names = Names({"a.test": [PUBLIC], "b.test": [PUBLIC]}, {"a.test": [PUBLIC]}, {"a.test": [other]})
    connector = Connector(answer=response(b"ok") * 3)
    fetch = fetching("", names, connector=connector)
    for url in ("https://a.test/", "https://b.test/"):
        await fetch(FetchRequest("GET", url))
    assert connector.asked == [(PUBLIC, 443)] * 2, "b.test's certificate has to be checked, too"
    await fetch(FetchRequest("GET", "https://a.test/"))
    await fetch(FetchRequest("GET", "https://a.test/"))
    assert connector.asked[2:] in ([(other, 443)], [(PUBLIC, 443), (other, 443)])


async def test_the_next_address_is_tried_when_one_accepts_no_connection(fetching: Fetching) -> None:
    connector = Connector(refusing=[PUBLIC_V6])
    fetch = fetching("", Names({"two.test": [PUBLIC_V6, PUBLIC]}), connector=connector)
    assert (await fetch(FetchRequest("POST", "http://two.test/", body=b"x"))).status == 200
    assert connector.asked == [(PUBLIC_V6, 80), (PUBLIC, 80)]


async def test_a_name_with_many_addresses_makes_few_connections(fetching: Fetching) -> None:
    many = [f"93.184.216.{n}" for n in range(100)]
    connector = Connector(refusing=many)
    fetch = fetching("", Names({"many.test": many}), connector=connector)
    with pytest.raises(FetchError, match="nothing accepts connections"):
        await fetch(FetchRequest("GET", "http://many.test/"))
    assert len(connector.asked) == 4


@pytest.mark.parametrize("names", [{}, {"nowhere.test": []}])
async def test_a_name_without_an_address_is_not_found(
    names: Mapping[str, Sequence[str]], fetching: Fetching
) -> None:
    fetch = fetching("", Names(names), connector=Connector())
    with pytest.raises(FetchError, match=r"nowhere\.test cannot be found"):
        await fetch(FetchRequest("GET", "http://nowhere.test/?q=1"))


async def test_the_system_resolver_knows_this_machine() -> None:
    found = await system_resolver("localhost")
    assert found
    assert all(address.is_loopback for address in found)
    with pytest.raises((OSError, ValueError)):
        await system_resolver("no_such." + "a" * 64)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.mark.usefixtures("environment")
async def test_no_proxy_of_the_environment_is_used(fetching: Fetching) -> None:
    connector = Connector()
    await fetching("", Names(OUTSIDE), connector=connector)(FetchRequest("GET", "http://example.com/"))
    assert connector.asked == [(PUBLIC, 80)]


async def refused(fetching: Fetching, server: LocalServer, allow: str, url: str) -> None:
    fetch = fetching(allow, Names({"local.test": ["127.0.0.1"]}))
    with pytest.raises(FetchRefusedError):
        await fetch(FetchRequest("GET", url))
    assert server.connections == 0


async def reached(fetching: Fetching, server: LocalServer, allow: str, url: str) -> None:
    fetch = fetching(allow, Names({"local.test": ["127.0.0.1"]}))
    before = server.connections
    assert (await fetch(FetchRequest("GET", url))).text() == "ok"
    assert server.connections == before + 1


async def test_without_an_entry_a_listening_server_sees_no_connection(fetching: Fetching) -> None:
    async with serving() as server:
        for allow in ("", "local.test:1", "127.0.0.1:1", "10.0.0.0/8", "other.test", "[::1]"):
            await refused(fetching, server, allow, server.url())
            await refused(fetching, server, allow, server.url(host="local.test"))
        await refused(fetching, server, "local.test", server.url())


async def test_an_entry_lets_its_server_be_reached(fetching: Fetching) -> None:
    async with serving() as server:
        port = server.port
        for allow in (f"127.0.0.1:{port}", "127.0.0.1", "127.0.0.0/8", f"x, local.test:{port}, 127.0.0.1"):
            await reached(fetching, server, allow, server.url())
            await reached(fetching, server, allow, server.url(host="local.test"))
        await reached(fetching, server, f"local.test:{port}", server.url(host="LOCAL.test."))


async def test_the_host_is_the_name_and_the_connection_goes_to_the_address(fetching: Fetching) -> None:
    async with serving() as server:
        await reached(fetching, server, "local.test", server.url("/p?q=1#f", host="local.test"))
        assert server.heard[0].line == "GET /p?q=1 HTTP/1.1"
        assert server.heard[0].headers["host"] == f"local.test:{server.port}"


async def test_a_deadline_covers_the_look_up_of_the_name(fetching: Fetching) -> None:
    async def never(name: str) -> Sequence[IPAddress]:
        await anyio.sleep_forever()
        return ()

    with pytest.raises(FetchError) as raised, anyio.fail_after(5):
        await fetching("", never)(FetchRequest("GET", "http://slow.test/", timeout=0.02))
    assert raised.value.error_code == "fetch_timeout"


class StallingConnector(Connector):
    """Connects, and never comes to the end of a TLS handshake."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = 0

    async def connect_tcp(self, *args: Any, **options: Any) -> httpcore2.AsyncNetworkStream:
        return _StallingStream(self)


class _StallingStream(_Stream):
    def __init__(self, owner: StallingConnector) -> None:
        super().__init__([])
        self._owner = owner

    async def start_tls(self, *args: Any, **options: Any) -> httpcore2.AsyncNetworkStream:
        await anyio.sleep_forever()
        raise AssertionError

    async def aclose(self) -> None:
        await anyio.lowlevel.checkpoint()
        self._owner.closed += 1


async def test_a_handshake_that_is_given_up_leaves_no_connection_behind(fetching: Fetching) -> None:
    connector = StallingConnector()
    fetch = fetching("", Names(OUTSIDE), connector=connector)
    with pytest.raises(FetchTimeoutError):
        await fetch(FetchRequest("GET", "https://example.com/", timeout=0.02))
    assert connector.closed == 1
