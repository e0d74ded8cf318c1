"""`template`: text out of a Jinja2 template, rendered in the sandbox."""

from pydantic import Field

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Safety
from liteagent.contracts.sandbox import SandboxRequest
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, EffectHandler, NodeContext, NodeKind, Outcome, Scope
from liteagent.engine.workflow.nodes.calling import reads_secrets
from liteagent.engine.workflow.nodes.fields import names_in
from liteagent.engine.workflow.nodes.sandboxed import sandboxed
from liteagent.engine.workflow.templates import render_value

__all__ = ["TEMPLATE", "TemplateConfig"]

_SEEN = ("inputs", "output", "vars")


class TemplateConfig(Config):
    """What is rendered."""

    template: str = Field(description="The Jinja2 template.")
    inputs: JsonObject | None = Field(
        default=None,
        description="The names in it. Templates; `inputs`, `output` and `vars` of the run where left out.",
    )


class _TemplateHandler(EffectHandler):
    safety = Safety.SAFE

    def __init__(self, config: TemplateConfig, compiling: Compiling) -> None:
        self._config = config
        self._sandbox = compiling.services.sandbox
        seen = frozenset((name,) for name in _SEEN)
        self.names = seen if config.inputs is None else names_in("inputs", config.inputs)

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        del context  # the sandbox knows nothing of the run
        request = SandboxRequest("jinja2", self._config.template, self._inputs(scope))
        return await sandboxed(self._sandbox, request, "template", hidden=reads_secrets(self.names))

    def _inputs(self, scope: Scope) -> dict[str, JsonValue]:
        given = self._config.inputs
        if given is None:
            return {name: scope[name] for name in _SEEN if name in scope}
        return {name: render_value(each, scope) for name, each in given.items()}


def _output(_config: TemplateConfig) -> JsonObject:
    return {"type": "string"}


TEMPLATE = NodeKind(
    type="template",
    summary="Renders a Jinja2 template.",
    config=TemplateConfig,
    make=_TemplateHandler,
    output=_output,
    group="data",
)
