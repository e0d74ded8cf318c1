"""`liteagent`: the command line.

Exit codes: 0 done, 1 the work failed, 2 wrong usage, 3 waiting for a human (its run is printed), 130 Ctrl-C.
"""

import sys

import typer

from liteagent.app.cli import accounts, ask, chat, doctor, flow, index, run, runs, sandbox, serve
from liteagent.app.cli.console import fail
from liteagent.contracts.errors import LiteAgentError

__all__ = ["app", "main"]

app = typer.Typer(
    name="liteagent",
    help="Chatbots and 12-factor AI agents over your own documents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("serve")(serve.serve)
app.command("ask")(ask.ask)
app.command("chat")(chat.chat)
app.command("index")(index.index)
app.command("run")(run.run_command)
app.command("sandbox")(sandbox.sandbox)
app.command("doctor")(doctor.doctor)
app.command("version")(doctor.version)
app.add_typer(runs.runs, name="runs", help="Runs: look, answer, pause, fork, replay.")
app.add_typer(flow.flows, name="flow", help="Flow files.")
app.add_typer(accounts.users, name="user", help="People who may sign in.")
app.add_typer(accounts.keys, name="key", help="API keys for programs.")


def main() -> None:
    """The entry point: our own errors become one clear line and exit code 1, or 2 for wrong input."""
    try:
        app()
    except LiteAgentError as error:
        fail(error)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
