"""Compare workflow engines: `python -m benchmarks.engine [--quick] [--json FILE]`."""

import argparse
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from benchmarks.comparing.command import arguments, in_rounds, tell
from benchmarks.comparing.interpreters import install
from benchmarks.engine.cases import CASES
from benchmarks.engine.interpreters import environments
from benchmarks.engine.measuring import Measuring
from benchmarks.engine.report import as_json, as_text


def main() -> str | None:
    """Measure, and print the tables; what went wrong with an installation."""
    chosen = _arguments().parse_args()
    if chosen.install:
        return "\n".join(install(environments.values())) or None
    with (
        tempfile.TemporaryDirectory(dir=chosen.folder) as folder,
        closing(Measuring(Path(folder), _postgres(chosen), is_quick=chosen.quick)) as measuring,
    ):
        in_rounds(chosen, chosen.only or CASES, lambda name, _number: measuring.round(CASES[name]))
    tell(chosen, as_json(measuring.results), as_text(measuring.results))
    return None


def _arguments() -> argparse.ArgumentParser:
    parser = arguments("benchmarks.engine", __doc__, CASES)
    parser.add_argument("--postgres", metavar="URL", help="a server to use; else one is started")
    return parser


def _postgres(chosen: argparse.Namespace) -> str | None:
    if chosen.postgres or not any(CASES[name].store == "postgres" for name in chosen.only or CASES):
        return chosen.postgres
    from tests.services.postgres import running

    server = running()
    return None if server is None else server.url


if __name__ == "__main__":
    sys.exit(main())
