"""`liteagent serve`."""

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from liteagent.app.cli.console import DataOption, HostOption, note, translated
from liteagent.contracts.errors import ConfigurationError

if TYPE_CHECKING:
    from liteagent.app.serving import Served
    from liteagent.app.settings import Settings

__all__ = ["serve"]


def serve(
    host: HostOption = None,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65535,
            help="Port; 8000 unless set; 0 takes a free one.",
            show_default=False,
        ),
    ] = None,
    data: DataOption = None,
) -> None:
    """Serve the product until it is stopped with Ctrl-C or SIGTERM."""
    from liteagent.app.settings import load_settings
    from liteagent.infra.observe.logging import configure_logging

    settings = load_settings(data, api_host=host, api_port=port)
    configure_logging(settings.log_level, as_json=settings.production or None)
    try:
        with translated(), asyncio.Runner(loop_factory=_loop) as runner:
            _stop_alike()
            runner.run(_serve(settings))
    except OSError as error:  # of the socket: one of a file names it, and is translated
        where = f"{settings.api_host}:{settings.api_port}"
        raise ConfigurationError(
            f"Cannot listen on {where}: {error.strerror}. Choose another with --port or --host.",
            code="address_unusable",
        ) from None
    except KeyboardInterrupt:
        note("[dim]Stopped.[/dim]")


async def _serve(settings: "Settings") -> None:
    from liteagent.app.serving import serve

    def announce(served: "Served") -> None:
        note(
            f"\n[bold]LiteAgent[/bold] is ready at [bold]{served.url}[/bold]  "
            f"(data: {escape(str(settings.liteagent_data))})"
        )
        if served.needs_setup:
            note(f"Nobody is set up yet. Make the first account with POST {served.url}/api/auth/setup")
            note(f"  (all of the API, with an example for each route: {served.url}/docs)")
        if served.setup_token:
            note(f"From another machine it needs this token: [bold]{served.setup_token}[/bold]")
        note("[dim]Ctrl-C stops it.[/dim]")

    await serve(settings, announce)


def _stop_alike() -> None:
    """Let SIGTERM end the work as Ctrl-C does: requests first, then the database, then the process.

    The server hands both signals on when it has stopped, and the default of SIGTERM would end the process
    before anything else is closed.
    """
    signal.signal(signal.SIGTERM, lambda _number, _frame: signal.raise_signal(signal.SIGINT))


def _loop() -> asyncio.AbstractEventLoop:
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()
