"""The deny list, how hosts and targets are read, and the allow-list."""

from ipaddress import ip_address, ip_network

import pytest

from liteagent.contracts.errors import ConfigurationError
from liteagent.infra.fetch.addresses import DENIED_NETWORKS, denial
from liteagent.infra.fetch.allow_list import AllowList
from liteagent.infra.fetch.hosts import literal_address, normal_name
from liteagent.infra.fetch.target import parse_target

SPECIAL = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]


@pytest.mark.parametrize("text", SPECIAL)
def test_a_special_purpose_network_is_denied_from_its_first_to_its_last_address(text: str) -> None:
    network = ip_network(text)
    assert network in DENIED_NETWORKS
    assert denial(network[0])
    assert denial(network[-1])


PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.0.3.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::",
    "2001:4860:4860::8888",
    "2400:cb00:2048:1::c629:d7a2",
    "2606:2800:220:1:248:1893:25c8:1946",
    "2003::1",
    "2a00:1450:4001:82a::200e",
    "3ffe:ffff::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_not_denied(text: str) -> None:
    assert denial(ip_address(text)) is None


@pytest.mark.parametrize("text", ["4000::1", "7fff::1", "8000::1", "1fff::1", "e000::1", "::ffff:0:7f00:1"])
def test_ipv6_that_is_not_given_out_is_denied(text: str) -> None:
    assert denial(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "127.1",
        "2130706433",
        "0x7f000001",
        "0",
        "0177.0.0.1",
        "127.0.0.1.",
        "1.2.3",
        "a.1",
        "a.0x1f",
        "256.1.1.1",
    ],
)
def test_what_ends_in_a_number_is_no_name(text: str) -> None:
    assert normal_name(text) is None


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "-a.com", "a-.com", "a b", "a%41", "a" * 64, "a." * 127 + "ab", "é.fr"]
)
def test_what_is_no_name(text: str) -> None:
    assert normal_name(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example.COM.", "example.com"),
        ("a_b.c-d.e1", "a_b.c-d.e1"),
        ("xn--fa-hia.de", "xn--fa-hia.de"),
        ("db", "db"),
    ],
)
def test_a_name_is_made_normal(text: str, name: str) -> None:
    assert normal_name(text) == name


@pytest.mark.parametrize(
    "text", ["fe80::1%eth0", "fe80::1%25eth0", "127.1", "[::1]", "example.com", "01.2.3.4"]
)
def test_what_is_no_address(text: str) -> None:
    assert literal_address(text) is None


A, B, INNER = ip_address("10.0.0.5"), ip_address("10.0.0.6"), ip_address("::1")


def test_a_host_lifts_the_rules_for_all_its_ports() -> None:
    allow = AllowList.parse("Ollama.Internal")
    assert allow.permits("ollama.internal", A, 11434)
    assert allow.permits("ollama.internal", B, 80)
    assert not allow.permits("x.ollama.internal", A, 80)
    assert not allow.permits("10.0.0.5", A, 80)


def test_a_host_and_port_lift_them_for_that_port() -> None:
    allow = AllowList.parse("db:9000")
    assert allow.permits("db", A, 9000)
    assert not allow.permits("db", A, 80)


def test_an_address_or_a_network_covers_names_that_lead_into_it() -> None:
    allow = AllowList.parse("10.0.0.5:9000, [::1]:8000,fd00::/8")
    assert allow.permits("any.example", A, 9000)
    assert allow.permits("::1", INNER, 8000)
    assert allow.permits("any.example", ip_address("fd12::1"), 1)
    assert not allow.permits("any.example", B, 9000)
    assert not allow.permits("::1", INNER, 8001)


def test_an_ipv4_entry_does_not_cover_its_mapped_spelling() -> None:
    assert not AllowList.parse("127.0.0.0/8").permits("x", ip_address("::ffff:127.0.0.1"), 80)


def test_parts_and_a_comma_list_are_the_same() -> None:
    assert AllowList.parse(["a", " b:1 ", ""]) == AllowList.parse("a,b:1,")
    assert AllowList.parse("") == AllowList()
    assert AllowList.parse("::1, [::1]").entries[0] == AllowList.parse("[::1]").entries[0]


@pytest.mark.parametrize(
    "bad",
    [
        "*.example.com",
        "http://a",
        "a/b",
        "a:",
        "a:0",
        "a:65536",
        "a:٣",
        "a:80:80",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "a b",
        "127.1",
        "é.fr",
        "user@host",
        "[::1",
        "::1:xyz",
        ":80",
        "fe80::1%eth0",
        "a:+80",
        "a:000080",
        "a:" + "9" * 5000,
    ],
)
def test_a_bad_entry_is_named(bad: str) -> None:
    with pytest.raises(ConfigurationError, match="FETCH_ALLOW") as raised:
        AllowList.parse(f"good, {bad}")
    assert repr(bad) in raised.value.message


@pytest.mark.parametrize(
    ("url", "authority", "place", "shown"),
    [
        ("http://A.test./p?q=s#f", "a.test", "a.test:80", "http://a.test:80/p"),
        ("https://a.test:443", "a.test", "a.test:443", "https://a.test:443/"),
        ("https://a.test:80/", "a.test:80", "a.test:80", "https://a.test:80/"),
        ("http://[2A00::0:1]:8080/é", "[2a00::1]:8080", "[2a00::1]:8080", "http://[2a00::1]:8080/%C3%A9"),
    ],
)
def test_a_target_is_named_without_its_query(url: str, authority: str, place: str, shown: str) -> None:
    target = parse_target(url)
    assert (target.authority, target.place, target.shown) == (authority, place, shown)
    assert AllowList.parse(place).entries, "what a refusal says to add can be added"


def test_the_path_that_is_named_has_an_end() -> None:
    assert len(parse_target("http://a.test/" + "x" * 5000).shown) < 300
