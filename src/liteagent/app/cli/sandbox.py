"""`liteagent sandbox`."""

import os
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from liteagent.app.cli.console import HostOption
from liteagent.contracts.errors import ConfigurationError

__all__ = ["sandbox"]

_MODULE = "liteagent_sandbox"


def sandbox(
    host: HostOption = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=1, max=65535, help="Port; 8194 unless set.", show_default=False),
    ] = None,
) -> None:
    """Serve the sandbox, which runs foreign code, until it is stopped with Ctrl-C or SIGTERM."""
    if sys.platform != "linux" or find_spec(_MODULE) is None:
        raise ConfigurationError(
            "The sandbox holds foreign code by means of the Linux kernel. Start it on Linux, for instance "
            "in a container, and set SANDBOX_MODE=remote and SANDBOX_ENDPOINT here; see docs/sandbox.md."
        )
    given = [f"--{name}={value}" for name, value in (("host", host), ("port", port)) if value is not None]
    # It takes the place of this process, so that nothing of the product is near what runs in there.
    os.execv(sys.executable, [sys.executable, "-I", "-m", _MODULE, *given])  # noqa: S606 - no shell
