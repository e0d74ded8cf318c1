"""Settings from the environment."""

from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from liteagent_sandbox.protocol import ErrorKind
from liteagent_sandbox.settings import Settings, SettingsError


def test_every_setting_has_its_variable() -> None:
    found = Settings.read(
        {
            "SANDBOX_PORT": "9000",
            "SANDBOX_WALL": "2.5",
            "SANDBOX_NETWORK": "yes",
            "SANDBOX_PRELOAD": "numpy, pandas",
            "SANDBOX_NODE": "none",
            "SOMETHING": "else",
        }
    )
    assert (found.port, found.wall, found.network, found.node) == (9000, 2.5, True, "none")
    assert found.preload == ("numpy", "pandas")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SANDBOX_PORT", "a"),
        ("SANDBOX_WALL", "-1"),
        ("SANDBOX_NETWORK", "perhaps"),
        ("SANDBOX_WITHOUT", "seccomp"),
        ("SANDBOX_WITHOUT", "doors"),
    ],
)
def test_what_cannot_be_meant_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.read({variable: value})


def test_every_setting_has_its_place_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
    missing = [each.name for each in fields(Settings) if f"`SANDBOX_{each.name.upper()}`" not in page]
    assert missing == []


def test_the_page_names_every_kind_of_error() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
    assert [kind for kind in get_args(ErrorKind) if f"`{kind}`" not in page] == []
