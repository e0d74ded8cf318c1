"""What others plug into workflows: node types, conditions, transformers, and how hooks are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError, NotFoundError, ToolError
from liteagent.contracts.json import JsonValue
from liteagent.contracts.registry import Registry
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.extensions import WorkflowExtensions, workflow_hooks
from liteagent.engine.workflow.handler import Compiling, EffectHandler, NodeContext, NodeKind, PureHandler
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.types import NodeDefinition


@pytest.fixture
def extensions() -> WorkflowExtensions:
    """Extensions of a process of their own."""
    return WorkflowExtensions()


async def _raises() -> None:
    raise RuntimeError("Boom")


def test_what_is_registered_in_isolation_is_forgotten(extensions: WorkflowExtensions) -> None:
    extensions.before_node("agent")(_raises)
    with extensions.isolated() as same:
        same.before_node("llm")(_raises)
        same.condition("open")(bool)
        assert extensions.has_hooks("agent")
        assert extensions.has_hooks("llm")
    assert extensions.has_hooks("agent")
    assert not extensions.has_hooks("llm")
    assert "open" not in extensions.services(Services()).conditions


def test_the_extensions_of_the_process() -> None:
    with workflow_hooks.isolated():
        workflow_hooks.before_node("*")(_raises)
        assert workflow_hooks.has_hooks("anything")
    assert not workflow_hooks.has_hooks("anything")


class _GreetConfig(Config):
    name: str


def _made(extensions: WorkflowExtensions, node_type: str, **config: Any) -> Any:
    kind = extensions.kind(node_type)
    node = NodeDefinition("node", node_type, config)
    return kind.make(kind.read(node), Compiling(node, Services(), {}, {}, {}))


def _context() -> NodeContext:
    return NodeContext("run", "workspace", "node", "run:7", 1, lambda _: None)


async def test_a_node_type_from_a_function(extensions: WorkflowExtensions) -> None:
    @extensions.handler("greet", effect="idempotent")
    async def greet(config: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Any]:
        """Greet somebody.

        More.
        """
        return {"text": f"Hello {config['who']}", "after": scope["output"]}

    handler = _made(extensions, "greet", who="{{ inputs.name }}", schema=1)
    assert isinstance(handler, EffectHandler)
    assert handler.safety is Safety.IDEMPOTENT
    assert handler.names == {("inputs", "name")}
    outcome = await handler.perform({"inputs": {"name": "Ada"}, "output": 1}, _context())
    assert outcome.output == {"text": "Hello Ada", "after": 1}
    assert extensions.kind("greet").summary == "Greet somebody."
    assert await greet({"who": "Bob"}, {"output": 2}) == {"text": "Hello Bob", "after": 2}


def test_a_pure_node_type_from_a_function(extensions: WorkflowExtensions) -> None:
    @extensions.handler("double", effect="pure", config=_GreetConfig)
    def double(config: Mapping[str, Any], scope: Mapping[str, Any]) -> str:
        return config["name"] * 2

    handler = _made(extensions, "double", name="{{ output }}")
    assert isinstance(handler, PureHandler)
    assert handler.evaluate({"output": "ab"}).output == "abab"
    with pytest.raises(ValueError, match="nam"):
        _made(extensions, "double", nam="a")
    assert double({"name": "x"}, {}) == "xx"


async def test_a_function_that_fails_fails_the_node(extensions: WorkflowExtensions) -> None:
    @extensions.handler("broken")
    def broken(config: Mapping[str, Any], scope: Mapping[str, Any]) -> JsonValue:
        raise ValueError("Boom")

    @extensions.handler("odd")
    def odd(config: Mapping[str, Any], scope: Mapping[str, Any]) -> Any:
        return object()

    for name in ("broken", "odd"):
        handler = _made(extensions, name)
        assert handler.safety is Safety.UNSAFE
        with pytest.raises(ToolError):
            await handler.perform({}, _context())
    assert callable(broken)
    assert callable(odd)


def test_a_node_type_of_its_own_class(extensions: WorkflowExtensions) -> None:
    kind = NodeKind("greet", "Greets.", _GreetConfig, lambda _config, _compiling: pytest.fail("not made"))
    assert extensions.handler("greet")(kind) is kind
    assert extensions.kind("greet") is kind
    assert "greet" in extensions.kinds()
    with pytest.raises(InvalidInputError, match="'greet'"):
        extensions.handler("meet")(kind)


async def _async_handler(_config: Any, _scope: Any) -> None: ...


def test_an_unknown_node_type(extensions: WorkflowExtensions) -> None:
    extensions.handler("greet")(_async_handler)
    with pytest.raises(NotFoundError, match=r"no node type 'great'.*greet"):
        extensions.kind("great")


def test_what_will_not_do_is_refused(extensions: WorkflowExtensions) -> None:
    with pytest.raises(InvalidInputError, match="not pure"):
        extensions.handler("greet", effect="pure")(_async_handler)
    for register in (
        extensions.before_node,
        extensions.handler,
        extensions.condition,
        extensions.transformer,
    ):
        with pytest.raises(InvalidInputError, match="cannot be called"):
            register("not a name")


async def test_conditions_and_transformers(extensions: WorkflowExtensions) -> None:
    services = extensions.services(Services(conditions={"mine": bool}))

    @extensions.condition("rainy")
    def rainy(scope: Mapping[str, Any]) -> bool:
        return scope["output"] == "rain"

    @extensions.transformer("shout")
    def shout(value: str, mark: str = "!") -> str:
        return value.upper() + mark

    extensions.condition("mine")(rainy)
    assert list(services.conditions) == ["mine", "rainy"]
    assert services.conditions["rainy"] is rainy
    assert services.conditions["mine"] is bool
    assert services.transformers["shout"]("a", mark="?") == "A?"
    assert len(services.transformers) == 1
    assert "sunny" not in services.conditions
    assert shout("b") == "B!"


@dataclass(frozen=True)
class _Installed:
    """An entry point whose part is at hand."""

    name: str
    part: Any

    def load(self) -> Any:
        return self.part


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Parts by entry-point group and name, as if a package had brought them."""
    groups: dict[str, dict[str, Any]] = {}

    def entry_points(group: str, name: str | None = None) -> list[_Installed]:
        return [_Installed(key, part) for key, part in groups.get(group, {}).items() if name in (None, key)]

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    kinds: Registry[NodeKind] = Registry(NodeKind.BUILT_IN)
    monkeypatch.setattr("liteagent.engine.workflow.extensions.installed_kinds", lambda: kinds)
    return groups


def test_the_groups_of_entry_points(installed: dict[str, dict[str, Any]]) -> None:
    def plug(hooks: WorkflowExtensions) -> None:
        times.append(1)
        hooks.before_node("agent")(_raises)

    times: list[int] = []
    kind = NodeKind("greet", "Greets.", _GreetConfig, lambda _config, _compiling: pytest.fail("not made"))
    installed["liteagent.workflow_hook"] = {"log": plug}
    installed["liteagent.condition"] = {"rainy": bool}
    installed["liteagent.transformer"] = {"shout": str.upper}
    installed["liteagent.node"] = {"zz_greet": kind}
    extensions = WorkflowExtensions()
    assert extensions.has_hooks("agent")
    with extensions.isolated():
        assert extensions.has_hooks("agent")
    assert extensions.has_hooks("agent")
    assert times == [1]
    services = extensions.services(Services())
    assert services.conditions["rainy"] is bool
    assert list(services.transformers) == ["shout"]
    assert extensions.kind("zz_greet") is kind


def test_a_registered_part_comes_before_an_installed_one(installed: dict[str, dict[str, Any]]) -> None:
    installed["liteagent.condition"] = {"rainy": bool}
    extensions = WorkflowExtensions()
    extensions.condition("rainy")(callable)
    assert extensions.services(Services()).conditions["rainy"] is callable
