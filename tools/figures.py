"""The figures of the code and of the product: `python -m tools.figures [NAME ...]`.

| name | figures |
|---|---|
| code | lines a file, lines a function body, annotated functions, the biggest knot of imports |
| packages | what a base install brings, read from the metadata of what is installed |
| import | processor time of `import liteagent` beyond that of the bare interpreter |
| server | seconds until an install is ready, and what it then holds of the memory, idle |
"""

import statistics
import sys
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import grimp

from tools.closure import closure, names_of
from tools.processes import free_port, processor_seconds, proportional_megabytes, serving
from tools.source import python_files

__all__ = ["main"]

_STARTS, _IMPORTS = 5, 21
_IDLE_SECONDS = 3.0


def _spread(values: Sequence[int]) -> str:
    ordered = sorted(values)
    return f"{statistics.median(ordered):.0f} / {ordered[int(0.9 * (len(ordered) - 1))]} / {ordered[-1]}"


def _knot() -> str:
    """The biggest set of modules that import each other in a circle."""
    graph = grimp.build_graph("liteagent", cache_dir=None)
    modules = graph.modules
    circles = [graph.find_upstream_modules(each) & graph.find_downstream_modules(each) for each in modules]
    biggest = max((len(circle) for circle in circles), default=0)
    return f"{biggest} of {len(modules)}" if biggest else "none"


def code() -> None:
    """Print the row of the source."""
    sources = [file for file in python_files(Path(), "src") if file.text.strip()]
    functions = [function for file in sources for function in file.functions]
    annotated = sum(function.annotated for function in functions)
    print(f"source files                  {len(sources)}, {sum(file.lines for file in sources)} lines")
    print(f"lines a file, med / p90 / max {_spread([file.lines for file in sources])}")
    print(f"function body, the same       {_spread([function.body for function in functions])}")
    print(f"annotated functions           {100 * annotated / len(functions):.0f}% of {len(functions)}")
    print(f"biggest import knot           {_knot()}")


def packages() -> None:
    """Print how many packages a base install brings."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = names_of(closure(project["dependencies"]))
    whole = names_of(closure([*project["dependencies"], *project["optional-dependencies"]["openai"]]))
    print(f"packages of a base install    {len(base)}, with the openai extra {len(whole)} (at most 60)")


def import_time() -> None:
    """Print what `import liteagent` costs; the two kinds of start take turns."""
    bare, ours = zip(
        *((processor_seconds("pass"), processor_seconds("import liteagent")) for _ in range(_IMPORTS)),
        strict=True,
    )
    cost = statistics.median(ours) - statistics.median(bare)
    print(f"processor time of the import  {1000 * cost:.1f} ms beyond the interpreter's (under 50)")


def _start(data: Path) -> tuple[float, float]:
    with serving(free_port(), data) as (process, seconds):
        return seconds, proportional_megabytes(process, after=_IDLE_SECONDS)


def server() -> None:
    """Print how fast an install is ready, and its memory when idle: at its first start, and at the next."""
    starts: list[tuple[tuple[float, float], tuple[float, float]]] = []
    for _ in range(_STARTS):
        with tempfile.TemporaryDirectory() as folder:
            starts.append((_start(Path(folder)), _start(Path(folder))))
    for words, measured in zip(("first start", "second start"), zip(*starts, strict=True), strict=True):
        seconds, megabytes = (statistics.median(each) for each in zip(*measured, strict=True))
        print(f"ready, and PSS when idle      {seconds:.2f} s, {megabytes:.0f} MB at the {words} (under 120)")


FIGURES: dict[str, Callable[[], None]] = {
    "code": code,
    "packages": packages,
    "import": import_time,
    "server": server,
}


def main() -> int:
    """Print the figures that are named, or all; 2 when there are none of a name."""
    names = sys.argv[1:] or list(FIGURES)
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        print(f"No figures are called {', '.join(unknown)}. There are: {', '.join(FIGURES)}.")
        return 2
    for name in names:
        FIGURES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
