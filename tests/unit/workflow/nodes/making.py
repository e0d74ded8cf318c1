"""Handlers of single nodes, made as a workflow makes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.workflow.handler import (
    Compiling,
    EffectHandler,
    Handler,
    NodeContext,
    NodeKind,
    Outcome,
)
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.types import Graph, NodeDefinition

H = TypeVar("H", bound=Handler)

BODY = Graph((NodeDefinition("step", "transform", {"expression": "index"}),))
"""A body for nodes that need one."""


@dataclass(frozen=True)
class Outside:
    """What a node is made from besides its config."""

    body: Graph | None = None
    services: Services = field(default_factory=Services)
    workflows: Mapping[str, Graph] = field(default_factory=dict[str, Graph])
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict[str, Callable[..., Any]])


def make(kind: NodeKind, expected: type[H], config: Mapping[str, Any], outside: Outside | None = None) -> H:
    """The handler of a node called `node`, of the class expected."""
    outside = outside or Outside()
    node = NodeDefinition("node", kind.type, config, body=outside.body)
    compiling = Compiling(node, outside.services, outside.workflows, {}, outside.functions)
    handler = kind.make(kind.read(node), compiling)
    assert isinstance(handler, expected)
    return handler


def refusal(kind: NodeKind, config: Mapping[str, Any], outside: Outside | None = None) -> InvalidInputError:
    """The error with which a config is refused that its model accepts."""
    with pytest.raises(InvalidInputError) as caught:
        make(kind, Handler, config, outside)
    return caught.value


def misfit(kind: NodeKind, config: Mapping[str, Any]) -> str:
    """What the model of a kind says to a config that it does not accept."""
    with pytest.raises(ValueError, match="validation error") as caught:
        kind.read(NodeDefinition("node", kind.type, config))
    return str(caught.value)


def labels(kind: NodeKind, config: Mapping[str, Any]) -> tuple[str, ...]:
    """The labels of the ways out."""
    return kind.labels(kind.read(NodeDefinition("node", kind.type, config)))


def output_schema(kind: NodeKind, config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of the output."""
    return kind.output(kind.read(NodeDefinition("node", kind.type, config)))


def check_form(kind: NodeKind, fields: set[str], required: set[str] | None = None) -> None:
    """The config's schema has these fields, named as in documents, each explained, and no others."""
    schema = kind.config.model_json_schema()
    properties = schema.get("properties", {})
    assert set(properties) == fields
    assert set(schema.get("required", [])) == (required or set())
    assert all(each["description"].endswith(".") for each in properties.values())
    assert schema["additionalProperties"] is False
    assert kind.summary.endswith(".")


async def perform(handler: EffectHandler, scope: Mapping[str, Any]) -> Outcome:
    """What an effect node comes to."""
    context = NodeContext("run", "workspace", "node", "run:7", 1, lambda _: None)
    return await handler.perform(scope, context)
