"""`run_code`: a short program in the sandbox, which has nothing but what it is given."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from liteagent.contracts.errors import LiteAgentError, ToolError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Safety
from liteagent.contracts.sandbox import Sandbox, SandboxRequest, SandboxResult
from liteagent.contracts.tools import ToolContext, ToolDefinition, ToolParts
from liteagent.providers.tools.answers import cut
from liteagent.providers.tools.arguments import Arguments, checked, schema

__all__ = ["RunCode", "create"]

_LONGEST = 100_000
_TOLD = 8_000
_REMEDY = (
    "No sandbox is configured, so no code can be run. Answer without it; the operator starts one with "
    "`liteagent sandbox` and sets SANDBOX_MODE."
)


class _Arguments(Arguments):
    language: Literal["python3", "nodejs"] = Field(
        default="python3", description="python3 (where left out) or nodejs."
    )
    code: str = Field(
        min_length=1,
        max_length=_LONGEST,
        description="Defines main(), whose return value (anything that JSON can express) is the result.",
    )
    inputs: dict[str, Any] = Field(default={}, description="Arguments of main by name.")


_DEFINITION = ToolDefinition(
    "run_code",
    "Runs a short Python or JavaScript program to compute something exactly, and gives its result and what "
    "it printed. It has no network, no files and a few seconds.",
    schema(_Arguments),
    effect=Safety.SAFE,
)


@dataclass(frozen=True, slots=True)
class RunCode:
    """The tool. Without a sandbox each call says so."""

    sandbox: Sandbox | None
    definition: ToolDefinition = _DEFINITION

    async def run(self, arguments: JsonObject, context: ToolContext) -> object:
        """What the code came to: `{result, stdout?, stderr?}`.

        Raises:
            ToolError: There is no sandbox, or the code failed: `code_<kind>` for the kinds of the sandbox.
        """
        del context
        asked = checked(_Arguments, arguments)
        if self.sandbox is None:
            raise ToolError(_REMEDY, code="no_sandbox")
        try:
            result = await self.sandbox.run(SandboxRequest(asked.language, asked.code, asked.inputs))
        except LiteAgentError as error:
            raise ToolError(error.message, code=error.error_code) from None
        if result.error_kind is not None:
            raise _failed(result)
        said = {"stdout": cut(result.stdout, _TOLD), "stderr": cut(result.stderr, _TOLD)}
        return {"result": result.result, **{name: text for name, text in said.items() if text}}


def create(parts: ToolParts) -> RunCode:
    """The tool, as the entry point `liteagent.tool` makes it."""
    return RunCode(parts.sandbox)


def _failed(result: SandboxResult) -> ToolError:
    told = result.error or result.stderr.strip()[-_TOLD:] or "it gave no reason"
    return ToolError(
        f"The code failed ({result.error_kind}): {cut(told, _TOLD)}", code=f"code_{result.error_kind}"
    )
