"""The installation's keys."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from liteagent.contracts.errors import ConfigurationError
from liteagent.infra.security.keyfile import KEY_FILE, load_keys


def test_the_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    data = tmp_path / "new" / "data"
    first = load_keys(data)
    file = data / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert load_keys(data) == first
    assert [path.name for path in data.iterdir()] == [KEY_FILE]


def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_keys(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_each_purpose_has_its_own_key(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    assert len(keys.signing) == len(keys.encryption[0]) == 32
    assert keys.signing != keys.encryption[0]


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    assert load_keys(tmp_path / "a") != load_keys(tmp_path / "b")


def test_many_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(load_keys, [tmp_path] * 64))
    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    load_keys(tmp_path)
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_keys(tmp_path)


@pytest.mark.parametrize("content", [b"", b"short", b"A" * 43, b"\x00" * 32, b"!" * 44])
def test_a_damaged_file_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / KEY_FILE
    file.touch(0o600)
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="damaged"):
        load_keys(tmp_path)


def test_a_set_secret_takes_the_place_of_the_file(tmp_path: Path) -> None:
    keys = load_keys(tmp_path, secret_key="one")
    assert not list(tmp_path.iterdir())
    assert keys == load_keys(tmp_path, secret_key="one")
    assert keys != load_keys(tmp_path, secret_key="two")


def test_a_jwt_secret_changes_the_signing_key_only(tmp_path: Path) -> None:
    keys, other = load_keys(tmp_path), load_keys(tmp_path, jwt_secret="mine")
    assert keys.encryption == other.encryption
    assert keys.signing != other.signing


def test_keys_do_not_show_in_a_repr(tmp_path: Path) -> None:
    assert repr(load_keys(tmp_path)) == "Keys()"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigurationError, match="SECRET_KEY"):
        load_keys(tmp_path / "file" / "data")
