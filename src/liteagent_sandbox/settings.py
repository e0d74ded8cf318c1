"""What the operator decides, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

__all__ = ["Settings", "SettingsError"]

_MB = 1 << 20
_PREFIX = "SANDBOX_"
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}
_LAYERS = {"namespaces", "landlock", "seccomp"}


class SettingsError(ValueError):
    """A setting that cannot be used; the message names its variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them; the variable of each is its name in capitals after `SANDBOX_`.

    Attributes:
        host: Where the service listens.
        api_key: What clients send as `X-Api-Key`; only on loopback may there be none.
        workers: Runs at a time; 0 for two per core.
        queue: Runs that may wait; the next one is told that the sandbox is busy.
        spares: Python processes that stand ready; 0 forks on demand.
        node_spares: The same for Node.
        wall: Seconds by the clock, where a request does not say; likewise `cpu` and `mem` in bytes.
        max_wall: The most that a request may ask for; likewise `max_cpu` and `max_mem`.
        output_bytes: Of each of standard output and standard error.
        result_bytes: Of the result, as JSON.
        code_bytes: Of the code.
        inputs_bytes: Of the inputs, as JSON.
        depth: How deep inputs and results may be nested.
        work_bytes: What fits into the working folder of a run.
        work_files: How many files do.
        tasks: Threads of a run.
        open_files: Files that it may have open at a time.
        packages: A folder of packages (`pip install --target`) that Python code may import.
        preload: Modules that are imported before anything is forked, so that runs need not.
        node: The Node program; empty looks for it, `none` does without JavaScript.
        network: Whether a request may ask for the network.
        cgroup: A folder of a version 2 hierarchy that is ours, to bound all runs together.
        allow_weak: Whether to start although the host offers too little.
        without: Layers to leave out, to prove that each bites; needs `allow_weak`.
    """

    host: str = "127.0.0.1"
    port: int = 8194
    api_key: str = ""
    workers: int = 0
    queue: int = 50
    spares: int = 4
    node_spares: int = 2
    wall: float = 5.0
    max_wall: float = 60.0
    cpu: float = 5.0
    max_cpu: float = 60.0
    mem: int = 256 * _MB
    max_mem: int = 1024 * _MB
    output_bytes: int = _MB
    result_bytes: int = _MB
    code_bytes: int = _MB
    inputs_bytes: int = _MB
    depth: int = 100
    work_bytes: int = 8 * _MB
    work_files: int = 256
    tasks: int = 32
    open_files: int = 64
    packages: str = ""
    preload: tuple[str, ...] = ()
    node: str = ""
    network: bool = False
    cgroup: str = ""
    allow_weak: bool = False
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        unknown = set(self.without) - _LAYERS
        if unknown:
            raise SettingsError(f"SANDBOX_WITHOUT names {sorted(unknown)}; there are {sorted(_LAYERS)}")
        if self.without and not self.allow_weak:
            raise SettingsError(
                "SANDBOX_WITHOUT takes walls down: set SANDBOX_ALLOW_WEAK=1 as well, or unset it"
            )

    @property
    def at_a_time(self) -> int:
        """How many runs there are at a time."""
        return self.workers or 2 * len(os.sched_getaffinity(0))

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """From the environment.

        Raises:
            SettingsError: A value cannot be read.
        """
        values = os.environ if environment is None else environment
        found: dict[str, Any] = {}
        for each in fields(cls):
            variable = _PREFIX + each.name.upper()
            if variable in values:
                found[each.name] = _read(variable, values[variable].strip(), each.default)
        return cls(**found)


def _read(variable: str, text: str, default: object) -> object:
    if isinstance(default, tuple):
        return tuple(each.strip() for each in text.split(",") if each.strip())
    if isinstance(default, bool):
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise SettingsError(f"{variable}={text!r}: say 1 or 0")
    if isinstance(default, int | float):
        try:
            value = type(default)(text)
        except ValueError:
            raise SettingsError(f"{variable}={text!r} is not a number") from None
        if value < 0:
            raise SettingsError(f"{variable}={text!r} is negative")
        return value
    return text
