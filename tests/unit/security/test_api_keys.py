"""API keys as text."""

import re

import pytest

from liteagent.infra.security.api_keys import is_api_key, matches, new_api_key, prefix_of


def test_a_key_has_the_promised_form_and_matches_its_digest() -> None:
    made = new_api_key()
    assert re.fullmatch(r"la_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", made.key)
    assert made.key.startswith(made.prefix)
    assert prefix_of(made.key) == made.prefix
    assert is_api_key(made.key)
    assert matches(made.key, made.digest)
    assert len(made.digest) == 64


def test_keys_differ_and_do_not_match_each_other() -> None:
    first, second = new_api_key(), new_api_key()
    assert first.key != second.key
    assert not matches(first.key, second.digest)
    assert not matches(first.key[:-1] + "-" if first.key[-1] != "-" else first.key[:-1] + "_", first.digest)


def test_neither_key_nor_digest_shows_in_a_repr() -> None:
    made = new_api_key()
    assert made.key not in repr(made)
    assert made.digest not in repr(made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "la_",
        "la_0123456789ab",
        "la_0123456789ab_",
        "la_0123456789AB_" + "x" * 43,
        "la_0123456789ab_" + "x" * 44,
        "la_0123456789ab_" + "x" * 43 + "\n",
        "la_0123456789ab_" + "é" * 43,
        "sk_0123456789ab_" + "x" * 43,
    ],
)
def test_other_text_is_no_key(text: str) -> None:
    assert prefix_of(text) is None
