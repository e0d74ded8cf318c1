"""The command line that every comparison has, and what it does around the measuring."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["arguments", "in_rounds", "tell"]

_DISK = Path("/var/tmp")  # /tmp may be memory, where a sync costs nothing


def arguments(module: str, about: str | None, cases: Iterable[str]) -> argparse.ArgumentParser:
    """What can be said to every comparison; it notes how busy the machine is before anything is measured."""
    names = list(cases)
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    parser.set_defaults(load=os.getloadavg()[0])
    parser.add_argument("--quick", action="store_true", help="one round, and less of everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many is taken")
    parser.add_argument("--only", nargs="+", choices=names, metavar="CASE", help=", ".join(names))
    parser.add_argument("--folder", type=Path, default=_DISK, help="where databases go; a real disk")
    parser.add_argument("--install", action="store_true", help="make the environments of the peers")
    return parser


def in_rounds(chosen: argparse.Namespace, names: Iterable[str], measure: Callable[[str, int], None]) -> None:
    """Measure each case in each round, which are counted from 0, until somebody breaks it off."""
    cases = list(names)
    try:
        for number in range(1 if chosen.quick else chosen.rounds):
            for name in cases:
                measure(name, number)
    except KeyboardInterrupt:
        print("Broken off; this is what there is.", file=sys.stderr)


def tell(chosen: argparse.Namespace, figures: Mapping[str, Any], text: str) -> None:
    """Write the figures where they are wanted, and print the text and how busy the machine was."""
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(text)
    now = os.getloadavg()[0]
    print(f"\nLoad average {chosen.load:.1f} before, {now:.1f} after, {os.cpu_count()} processors.")
