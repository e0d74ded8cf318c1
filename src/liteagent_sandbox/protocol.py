"""What goes into a run and what comes out of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["ErrorKind", "JsonValue", "Language", "Level", "Limits", "RunRequest", "RunResult"]

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
"""What JSON can say."""

Language: TypeAlias = Literal["python3", "nodejs", "jinja2"]
"""What the sandbox speaks."""

Level: TypeAlias = Literal["namespaces", "landlock", "weak"]
"""How strong the walls are: all namespaces and an empty root; Landlock, seccomp and resource limits where
user namespaces are forbidden; less than that, which has to be asked for by name."""

ErrorKind: TypeAlias = Literal[
    "timeout",
    "memory",
    "output_limit",
    "result_limit",
    "result",
    "security",
    "runtime_error",
    "exit",
    "crash",
    "no_result",
    "disk_limit",
    "process_limit",
    "bad_request",
    "busy",
    "unavailable",
]
"""Why there is no result: `result` is one that JSON cannot say, `exit` a status other than 0, `crash` a
signal, `security` a call that no honest program makes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use; None takes the sandbox's own, which is also what more than its maximum comes to.

    Attributes:
        wall: Seconds by the clock.
        cpu: Seconds of processor time; of Node only the sandbox's maximum counts.
        mem: Bytes of memory.
    """

    wall: float | None = None
    cpu: float | None = None
    mem: int | None = None


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Code to run.

    Attributes:
        inputs: Arguments of `main`, or the names of a template; with None, `main` is called if it needs none.
        preload: Taken for the sake of clients that send it, and not run.
        enable_network: Taken for the sake of clients that send it; there is a network only where the operator
            allows it as well.
    """

    language: Language
    code: str
    inputs: Mapping[str, JsonValue] | None = None
    preload: str = ""
    enable_network: bool = False
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to.

    Attributes:
        stdout: What it printed, cut with a mark where it was too much.
        stderr: The same of the other stream, and the sandbox's own warnings.
        error: Empty for success; else what went wrong, with the user's own lines.
        exit_code: 0 for success; a negative one is the signal that ended it.
        result_json: What `main` returned, the variable `result`, or the rendered text, as checked JSON.
        memory_mb: The most that it held, of its own.
        error_kind: None for success.
    """

    stdout: str = ""
    stderr: str = ""
    error: str = ""
    exit_code: int = 0
    result_json: bytes = b"null"
    level: Level = "namespaces"
    duration_ms: float = 0.0
    memory_mb: float = 0.0
    error_kind: ErrorKind | None = None

    @property
    def result(self) -> JsonValue:
        """The result itself."""
        return json.loads(self.result_json)
