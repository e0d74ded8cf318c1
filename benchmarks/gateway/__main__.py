"""Compare gateways: `python -m benchmarks.gateway [--quick] [--only CASE…] [--install]`."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.comparing.interpreters import install
from benchmarks.gateway.measuring import CASES, Measuring
from benchmarks.gateway.report import as_json, as_text
from benchmarks.gateway.servers import environments

_DISK = Path("/var/tmp")  # /tmp may be memory, where a sync costs nothing


def main() -> str | None:
    """Measure, and print the tables; what went wrong with an installation."""
    chosen = _arguments().parse_args()
    if chosen.install:
        return "\n".join(install(environments.values())) or None
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        measuring = Measuring(Path(folder), is_quick=chosen.quick)
        try:
            for _ in range(1 if chosen.quick else chosen.rounds):
                for case in chosen.only or CASES:
                    measuring.round(case)
        except KeyboardInterrupt:
            print("Broken off; this is what there is.", file=sys.stderr)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(as_json(measuring.results), indent=1), encoding="utf-8")
    print(as_text(measuring.results))
    print(f"\nLoad average {load:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors.")
    return None


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, and less of everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is taken")
    parser.add_argument("--only", nargs="+", choices=list(CASES), metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--folder", type=Path, default=_DISK, help="where databases go; a real disk")
    parser.add_argument("--install", action="store_true", help="make the environment of the peer")
    return parser


if __name__ == "__main__":
    sys.exit(main())
