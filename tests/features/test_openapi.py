"""The OpenAPI document describes every route with its failures."""

import re
from collections.abc import Iterator
from typing import Any, cast

import httpx2
import pytest

_METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
async def document(anonymous: httpx2.AsyncClient) -> dict[str, Any]:
    """The document as anybody gets it."""
    return (await anonymous.get("/openapi.json")).json()


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    paths = cast("dict[str, dict[str, Any]]", document["paths"])
    return [(method, path, each) for path, item in paths.items() for method, each in item.items()]


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        if isinstance(reference := fields.get("$ref"), str):
            yield reference
        for each in fields.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _references(each)


async def test_every_operation_has_a_name_a_summary_and_its_failures(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.")
    operations = _operations(document)
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names)) >= 35
    for method, path, operation in operations:
        where = f"{method} {path}"
        assert method in _METHODS, where
        assert operation["summary"].strip(), where
        assert operation["description"].strip(), where
        assert len(operation["tags"]) == 1, where
        responses = set(operation["responses"])
        assert "default" in responses, where
        assert any(status.startswith("2") for status in responses), where
        refused = "400" if path.startswith("/v1/") else "422"
        expected = {refused} | ({"401", "403"} if operation["security"] else set[str]())
        expected |= {"404"} if "{" in path else set()
        expected |= {"409", "413", "415"} if method != "get" else set()
        assert expected <= responses, where


async def test_every_failure_has_the_one_shape(document: dict[str, Any]) -> None:
    for method, path, operation in _operations(document):
        for status, response in operation["responses"].items():
            assert response["description"].strip(), (method, path, status)
            if status[0] in "45" and "/health" not in path:
                schema = response["content"]["application/json"]["schema"]
                shape = "OpenAIErrorResponse" if path.startswith("/v1/") else "ErrorResponse"
                assert schema == {"$ref": f"#/components/schemas/{shape}"}, (method, path, status)


async def test_every_parameter_is_declared_and_every_reference_leads_somewhere(
    document: dict[str, Any],
) -> None:
    for method, path, operation in _operations(document):
        declared = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path)), (method, path)
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(_references(document)) <= known


async def test_bodies_say_that_nothing_else_is_taken(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    bodies = 0
    for _, _, operation in _operations(document):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            schema = content["application/json"]["schema"]
            schema = schema.get("anyOf", [schema])[0]
            name = schema.get("$ref", "").rpartition("/")[2]
            assert schemas.get(name, schema)["additionalProperties"] is False, schema
            bodies += 1
    assert bodies >= 15
