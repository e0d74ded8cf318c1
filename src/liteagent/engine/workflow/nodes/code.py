"""`code`: Python or JavaScript, run in the sandbox."""

from typing import Any, Literal

from pydantic import Field

from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Safety
from liteagent.contracts.sandbox import SandboxRequest
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, EffectHandler, NodeContext, NodeKind, Outcome, Scope
from liteagent.engine.workflow.nodes.calling import reads_secrets
from liteagent.engine.workflow.nodes.fields import names_in
from liteagent.engine.workflow.nodes.sandboxed import sandboxed
from liteagent.engine.workflow.templates import render_value

__all__ = ["CODE", "CodeConfig"]


class CodeConfig(Config):
    """What is run."""

    language: Literal["python3", "nodejs"] = Field(default="python3", description="python3 or nodejs.")
    code: str = Field(
        min_length=1,
        description="The code. The output is what its `main(**inputs)` returns, or its variable `result`.",
    )
    inputs: JsonObject = Field(
        default={}, description="Arguments of `main` by name. Texts may contain {{ expressions }}."
    )
    enable_network: bool = Field(
        default=False, description="Whether the code may open connections; then it is never repeated unasked."
    )
    limits: dict[Literal["wall", "cpu", "mem"], float] = Field(
        default={}, description="wall and cpu in seconds, mem in bytes; the sandbox's own where left out."
    )


class _CodeHandler(EffectHandler):
    def __init__(self, config: CodeConfig, compiling: Compiling) -> None:
        self._config = config
        self._sandbox = compiling.services.sandbox
        self.names = names_in("inputs", config.inputs)
        self.safety = Safety.UNSAFE if config.enable_network else Safety.SAFE

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        del context  # the sandbox knows nothing of the run
        config = self._config
        inputs = {name: render_value(each, scope) for name, each in config.inputs.items()}
        request = SandboxRequest(config.language, config.code, inputs, config.enable_network, _limits(config))
        return await sandboxed(self._sandbox, request, "code", hidden=reads_secrets(self.names))


def _limits(config: CodeConfig) -> dict[str, Any]:
    return {str(name): value for name, value in config.limits.items()}


CODE = NodeKind(
    type="code",
    summary="Runs Python or JavaScript in the sandbox.",
    config=CodeConfig,
    make=_CodeHandler,
    group="data",
)
