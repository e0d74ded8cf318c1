"""The socket for running foreign code away from the product."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from liteagent.contracts.json import JsonObject, JsonValue

__all__ = ["OpenSandbox", "Sandbox", "SandboxFactory", "SandboxRequest", "SandboxResult"]


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """Code to run.

    Attributes:
        language: python3, nodejs or jinja2.
        inputs: Arguments of `main`, or the names of a template.
        limits: wall and cpu in seconds, mem in bytes; empty takes the sandbox's own.
    """

    language: str
    code: str
    inputs: JsonObject = field(default_factory=dict[str, Any])
    enable_network: bool = False
    limits: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """What it came to. `error_kind` is None for success; the kinds are those of the sandbox service."""

    result: JsonValue = None
    stdout: str = ""
    stderr: str = ""
    error: str = ""
    error_kind: str | None = None
    duration_ms: float = 0.0


class Sandbox(Protocol):
    """Runs code with no access to anything but its inputs."""

    async def run(self, request: SandboxRequest) -> SandboxResult:
        """Run it to its end or its limits.

        Raises:
            ConfigurationError: There is no sandbox.
        """
        ...


class OpenSandbox(Sandbox, Protocol):
    """One that holds something until it is closed."""

    async def aclose(self) -> None:
        """Let go of it; runs under way end."""
        ...


SandboxFactory: TypeAlias = Callable[[JsonObject], OpenSandbox]
"""Makes one of its options (`endpoint`, `api_key` …); nothing is opened before the first run."""
