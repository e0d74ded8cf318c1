"""The sandbox that the settings choose."""

from contextlib import AsyncExitStack

from liteagent.app.settings import Settings
from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.registry import Registry
from liteagent.contracts.sandbox import Sandbox, SandboxFactory

__all__ = ["open_sandbox"]


def open_sandbox(settings: Settings, stack: AsyncExitStack) -> Sandbox | None:
    """The one that is chosen, closed with the stack; nothing is started before the first run.

    None is no sandbox: nodes that need one then say what to do.

    Raises:
        ConfigurationError: The one that is asked for by name is of no use.
    """
    mode = settings.sandbox_mode
    if mode == "none":
        return None
    factories: Registry[SandboxFactory] = Registry("liteagent.sandbox")
    chosen = "remote" if mode == "auto" and settings.sandbox_endpoint else mode
    try:
        sandbox = factories.get("local" if chosen == "auto" else chosen)(_options(settings))
    except ConfigurationError:
        if chosen == "auto":
            return None
        raise
    stack.push_async_callback(sandbox.aclose)
    return sandbox


def _options(settings: Settings) -> JsonObject:
    key = settings.sandbox_api_key
    return {
        "endpoint": settings.sandbox_endpoint,
        "api_key": None if key is None else key.get_secret_value(),
    }
