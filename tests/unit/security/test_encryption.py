"""Secrets at rest."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.contracts.errors import ConfigurationError
from liteagent.infra.security.encryption import Encryption, Place

KEY = bytes(range(32))
HERE = Place("providers", "api_key", "0190-a")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_is_encrypted_is_decrypted(secret: str) -> None:
    encryption = Encryption([KEY])
    sealed = encryption.encrypt(secret, HERE)
    assert encryption.decrypt(sealed, HERE) == secret


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("providers", "api_key", "0190-b"),
        Place("providers", "base_url", "0190-a"),
        Place("triggers", "api_key", "0190-a"),
        Place("providers", "api_key:0190", "a"),
    ],
)
def test_a_ciphertext_moved_elsewhere_does_not_decrypt(elsewhere: Place) -> None:
    encryption = Encryption([KEY])
    sealed = encryption.encrypt("sk-secret", HERE)
    with pytest.raises(ConfigurationError) as caught:
        encryption.decrypt(sealed, elsewhere)
    assert "sk-secret" not in str(caught.value)
    assert caught.value.error_code == "secret_unreadable"


def test_a_changed_ciphertext_does_not_decrypt() -> None:
    encryption = Encryption([KEY])
    sealed = encryption.encrypt("sk-secret", HERE)
    middle = len(sealed) // 2
    changed = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
    for text in (changed, "", "not a token", sealed[:-4]):
        with pytest.raises(ConfigurationError):
            encryption.decrypt(text, HERE)


def test_the_newest_key_encrypts_and_an_older_one_still_decrypts() -> None:
    newer = os.urandom(32)
    old, both, new = Encryption([KEY]), Encryption([newer, KEY]), Encryption([newer])
    assert both.decrypt(old.encrypt("secret", HERE), HERE) == "secret"
    assert new.decrypt(both.encrypt("secret", HERE), HERE) == "secret"
    with pytest.raises(ConfigurationError):
        new.decrypt(old.encrypt("secret", HERE), HERE)


def test_the_plaintext_is_not_in_the_ciphertext() -> None:
    assert "sk-secret" not in Encryption([KEY]).encrypt("sk-secret", HERE)
