"""`liteagent serve`."""

import asyncio
import sys
from typing import Annotated

import typer

from liteagent.app.cli.console import DataOption, notes
from liteagent.app.settings import Settings, load_settings

__all__ = ["serve"]


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; 127.0.0.1 unless set.", show_default=False)
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; 8000 unless set; 0 takes a free one.", show_default=False)
    ] = None,
    data: DataOption = None,
) -> None:
    """Serve the product until it is stopped."""
    from liteagent.infra.observe.logging import configure_logging

    settings = load_settings(data, api_host=host, api_port=port)
    configure_logging(settings.log_level, as_json=settings.production)
    try:
        with asyncio.Runner(loop_factory=_loop) as runner:
            runner.run(_serve(settings))
    except OSError as error:
        notes.print(
            f"[red]error[/red] Cannot listen on {settings.api_host}:{settings.api_port}: {error.strerror}."
        )
        notes.print("Another program has the port; choose one with --port.")
        raise typer.Exit(1) from None


async def _serve(settings: Settings) -> None:
    from liteagent.app.serving import Served, serve

    def announce(served: Served) -> None:
        notes.print(
            f"\n[bold]LiteAgent[/bold] is ready at [bold]{served.url}[/bold]  (data: {settings.liteagent_data})"
        )
        if served.needs_setup:
            notes.print(f"Nobody is set up yet. Make the first account with POST {served.url}/api/auth/setup")
            notes.print(f"  (all of the API, with an example for each route: {served.url}/docs)")
        if served.setup_token:
            notes.print(f"From another machine it needs this token: [bold]{served.setup_token}[/bold]")

    await serve(settings, announce)


def _loop() -> asyncio.AbstractEventLoop:
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()
