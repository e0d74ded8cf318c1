"""A node's code in the sandbox: its result as the outcome, its failure as the node's."""

from liteagent.contracts.errors import ToolError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.sandbox import Sandbox, SandboxRequest, SandboxResult
from liteagent.engine.workflow.handler import Outcome
from liteagent.engine.workflow.nodes.calling import shortened
from liteagent.engine.workflow.services import Services

__all__ = ["sandboxed"]


async def sandboxed(
    sandbox: Sandbox | None, request: SandboxRequest, what: str, *, hidden: bool = False
) -> Outcome:
    """Run the request.

    Args:
        sandbox: Where to.
        request: What to run.
        what: Its name in errors.
        hidden: Whether it is given a secret, so that nobody is shown what it says.

    Raises:
        ConfigurationError: There is no sandbox.
        ToolError: `code_<kind>`, for the error kinds of the sandbox.
    """
    socket = Services.required(
        sandbox, "sandbox", "Start one with `liteagent sandbox`, and set SANDBOX_MODE; see docs/settings.md."
    )
    result = await socket.run(request)
    if result.error_kind is not None:
        raise _failure(result, what, hidden)
    return Outcome(result.result, detail=_said(result, hidden))


def _failure(result: SandboxResult, what: str, hidden: bool) -> ToolError:
    told = shortened(result.error or result.stderr.strip() or "it gave no reason")
    told = "it was given a secret, so its words are not shown" if hidden else told
    return ToolError(
        f"The {what} failed ({result.error_kind}): {told}",
        code=f"code_{result.error_kind}",
        details={"kind": result.error_kind, **_said(result, hidden)},
    )


def _said(result: SandboxResult, hidden: bool) -> JsonObject:
    texts = {} if hidden else {"stdout": shortened(result.stdout), "stderr": shortened(result.stderr)}
    return {**{name: text for name, text in texts.items() if text}, "duration_ms": result.duration_ms}
