"""Compare workflow engines: `python -m benchmarks.engine [--quick] [--json FILE]`."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.comparing.interpreters import install
from benchmarks.comparing.results import Results
from benchmarks.engine.cases import CASES
from benchmarks.engine.interpreters import environments
from benchmarks.engine.measuring import Measuring
from benchmarks.engine.report import as_json, as_text

_DISK = Path("/var/tmp")  # /tmp may be memory, where a sync costs nothing


def main() -> str | None:
    """Measure, and print the tables; what went wrong with an installation."""
    chosen = _arguments().parse_args()
    if chosen.install:
        return "\n".join(install(environments.values())) or None
    results = Results()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        measuring = Measuring(Path(folder), _postgres(chosen), is_quick=chosen.quick)
        results = measuring.results
        try:
            for _ in range(1 if chosen.quick else chosen.rounds):
                for name in chosen.only or CASES:
                    measuring.round(CASES[name])
        except KeyboardInterrupt:
            print("Broken off; this is what there is.", file=sys.stderr)
        finally:
            measuring.close()
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(as_json(results), indent=1), encoding="utf-8")
    print(as_text(results))
    print(f"\nLoad average {load:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors.")
    return None


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, and less of everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is taken")
    parser.add_argument("--only", nargs="+", choices=list(CASES), metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--folder", type=Path, default=_DISK, help="where SQLite files go; a real disk")
    parser.add_argument("--postgres", metavar="URL", help="a server to use; else one is started")
    parser.add_argument("--install", action="store_true", help="make the environments of the peers")
    return parser


def _postgres(chosen: argparse.Namespace) -> str | None:
    if chosen.postgres or not any(CASES[name].store == "postgres" for name in chosen.only or CASES):
        return chosen.postgres
    from tests.services.postgres import running

    server = running()
    return None if server is None else server.url


if __name__ == "__main__":
    sys.exit(main())
