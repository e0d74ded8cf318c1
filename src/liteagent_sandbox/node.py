"""How Node is started: waiting for its job, with no way to grow beyond its limits."""

import functools

from liteagent_sandbox.blueprint import Blueprint

__all__ = ["OVERHEAD", "command"]

OVERHEAD = 128 << 20
"""Bytes that a Node process maps before it runs anything."""


@functools.cache
def _script(package: str) -> str:
    """The program itself, so that the process need not be able to read it; its names are not the user's."""
    with open(f"{package}/node_run.cjs", encoding="utf-8") as file:  # noqa: PTH123
        return f"(function () {{{file.read()}}})()"


def command(plan: Blueprint, memory: int) -> list[str]:
    """The command line of a Node process with so many bytes of heap."""
    # With a flag of V8 its cache of compiled code does not fit, and it starts a quarter slower.
    found_inside = plan.namespaces and memory == plan.memory
    return [
        plan.node,
        *([] if found_inside else _heap(memory)),
        "--openssl-config=/dev/null",
        "--no-warnings",
        "--no-addons",
        "--disable-wasm-trap-handler",
        "--v8-pool-size=1",
        "-e",
        _script(plan.package),
    ]


def _heap(memory: int) -> list[str]:
    return [f"--max-old-space-size={max(16, memory >> 20)}", "--max-semi-space-size=8"]
