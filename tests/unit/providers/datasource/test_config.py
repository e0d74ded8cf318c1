"""Configurations that describe themselves."""

from dataclasses import fields
from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.providers.datasource.config import ConfigField, config_schema, read_config
from liteagent.providers.datasource.file import FileConfig
from liteagent.providers.datasource.gitlab.config import GitLabConfig
from liteagent.providers.datasource.text import TextConfig
from liteagent.providers.datasource.url.config import UrlConfig

CONFIGS: list[type[Any]] = [FileConfig, GitLabConfig, TextConfig, UrlConfig]


@pytest.mark.parametrize("cls", CONFIGS)
def test_every_field_is_described(cls: type[Any]) -> None:
    described = config_schema(cls)
    assert [each.name for each in described] == [each.name for each in fields(cls)]
    assert all(each.description.endswith(".") for each in described)
    assert read_config(cls, {each.name: each.default for each in described}) == cls()


def test_types_choices_and_secrets() -> None:
    known = {each.name: each for each in (*config_schema(GitLabConfig), *config_schema(UrlConfig))}
    assert [name for name, each in known.items() if each.secret] == ["gitlab_token"]
    assert known["include"].choices == ("files", "issues", "merge_requests", "wiki")
    assert (known["include"].type, known["include"].default) == ("strings", ["files"])
    assert known["mode"].choices == ("page", "sitemap", "crawl")
    assert known["max_depth"] == ConfigField(
        "max_depth", "integer", known["max_depth"].description, 3, minimum=0, maximum=20
    )


@pytest.mark.parametrize(
    ("cls", "config", "said"),
    [
        (UrlConfig, {"max_pages": "many"}, "`max_pages`"),
        (UrlConfig, {"max_pages": 0}, "`max_pages` is at least 1"),
        (UrlConfig, {"delay": 61.0}, "`delay` is at most 60"),
        (UrlConfig, {"delay": float("nan")}, "`delay` is at least 0"),
        (UrlConfig, {"urls": "https://a"}, "`urls`"),
        (GitLabConfig, {"include": ["files", "all"]}, "`include"),
        (TextConfig, {"content": {"a": 1}}, "`content`"),
    ],
)
def test_what_does_not_fit_is_named(cls: type[Any], config: JsonObject, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        read_config(cls, config)


def test_a_refusal_does_not_quote_the_value() -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_config(GitLabConfig, {"gitlab_token": ["glpat-secret"]})
    assert "glpat" not in caught.value.message


def test_none_counts_as_left_out_and_unknown_names_are_refused() -> None:
    assert read_config(TextConfig, {"content": "x", "name": None}) == TextConfig(content="x")
    with pytest.raises(InvalidInputError, match="no option `more`; there are: content, name"):
        read_config(TextConfig, {"content": "x", "more": 1})
