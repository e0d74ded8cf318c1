"""What models can do is looked up by their names."""

from dataclasses import fields
from typing import Any

import pytest

from liteagent.contracts.llm import LLMFactory, ModelProfile, ProfileFactory, ReasoningEffort
from liteagent.contracts.registry import Registry
from liteagent.providers.llm import openai, openai_compatible
from liteagent.providers.vendors.options import check_options
from liteagent.providers.vendors.profiles import PROFILE_SCHEMA, nearest_effort, overridden


@pytest.mark.parametrize(
    ("model", "thinks", "sees", "role", "structured"),
    [
        ("gpt-4o-mini", False, True, "system", "schema"),
        ("gpt-3.5-turbo", False, False, "system", "json"),
        ("gpt-4", False, False, "system", "none"),
        ("o1-mini", True, False, "user", "none"),
        ("o3", True, True, "developer", "schema"),
        ("O4-mini-2025-04-16", True, True, "developer", "schema"),
        ("gpt-5-chat-latest", False, True, "developer", "schema"),
        ("ft:gpt-4o:acme", False, True, "system", "schema"),
        ("what-will-come", False, True, "system", "schema"),
    ],
)
def test_openai(model: str, thinks: bool, sees: bool, role: str, structured: str) -> None:
    profile = openai.profile(model)
    assert (profile.reasoning, profile.images) == (thinks, sees)
    assert (profile.system_role, profile.structured) == (role, structured)
    assert profile.limit_name == "max_completion_tokens"
    assert profile.sampling is not profile.reasoning


def test_of_an_unknown_server_everything_is_tried_unless_it_passes_openai_on() -> None:
    assert openai_compatible.profile("openai/gpt-oss-120b") == ModelProfile(images=True, reasoning=True)
    passed_on = openai_compatible.profile("openai/gpt-5-mini")
    assert (passed_on.sampling, passed_on.limit_name) == (False, "max_completion_tokens")


def test_profiles_are_found_by_the_type_of_the_provider() -> None:
    registry: Registry[ProfileFactory] = Registry("liteagent.llm_profile")
    types: Registry[LLMFactory] = Registry("liteagent.llm")
    for name in ("openai", "openai_compatible"):
        assert name in types.names()
        assert isinstance(registry.get(name)("some-model"), ModelProfile)


def test_the_schema_of_a_profile_knows_every_field() -> None:
    properties: Any = PROFILE_SCHEMA["properties"]
    assert set(properties) == {field.name for field in fields(ModelProfile)}


def test_what_is_known_better_counts() -> None:
    better: dict[str, Any] = {"images": True, "context_window": None, "efforts": ["low", "max"]}
    check_options("p", PROFILE_SCHEMA, better)
    profile = overridden(openai.profile("gpt-3.5-turbo"), better)
    assert (profile.images, profile.context_window, profile.efforts) == (True, None, ("low", "max"))
    assert profile.structured == "json"


@pytest.mark.parametrize(
    ("wanted", "known", "expected"),
    [
        ("minimal", ("low", "high"), "low"),
        ("max", ("low", "high"), "high"),
        ("medium", ("low", "high"), "low"),
        ("high", ("low", "high"), "high"),
        ("xhigh", (), "xhigh"),
    ],
)
def test_the_nearest_effort(
    wanted: ReasoningEffort, known: tuple[ReasoningEffort, ...], expected: ReasoningEffort
) -> None:
    assert nearest_effort(wanted, known) == expected
