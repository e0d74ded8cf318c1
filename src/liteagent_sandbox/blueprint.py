"""What the server of forks is told when it is started."""

import json
import os
from dataclasses import asdict, dataclass

__all__ = ["Blueprint"]


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Which walls to raise, and what is inside.

    Attributes:
        package: The folder of this package.
        python: The interpreter itself, not a link of an environment.
        module_path: Where Python finds modules.
        template_path: Where it finds Jinja2, which is imported beforehand; runs do not look there.
        readable: What can be read in there, besides.
        hidden: Folders below those that are not there: packages that are not for runs.
        node: The Node program; empty for none.
        preload: Modules that are imported before anything is forked.
        namespaces: Whether to have them; likewise `landlock` and `seccomp`.
        network: Whether runs may reach the network.
        work_bytes: How much fits into the working folder of a run.
        work_files: How many files do.
        tasks: How many threads a run may have.
        open_files: How many files it may have open at a time.
        memory: Bytes of memory that a run has where it does not say.
        cpu: Seconds of processor time that no Node process gets beyond.
        cgroup: The control group to enter; empty for none.
        control: The descriptor to talk with the pool.
    """

    package: str
    python: str
    module_path: list[str]
    template_path: list[str]
    readable: list[str]
    hidden: list[str]
    node: str
    preload: list[str]
    namespaces: bool
    landlock: bool
    seccomp: bool
    network: bool
    work_bytes: int
    work_files: int
    tasks: int
    open_files: int
    memory: int
    cpu: float
    cgroup: str
    control: int

    @property
    def paths(self) -> list[str]:
        """Everything that runs may read."""
        found = [self.python, self.package, *self.module_path, *self.readable, self.node]
        return [each for each in found if each]

    @classmethod
    def parsed(cls, text: str) -> "Blueprint":
        """From the command line of the process that it is for."""
        return cls(**json.loads(text))

    def __str__(self) -> str:
        """For a command line."""
        return json.dumps(asdict(self))

    def command(self, entry: str, *more: str) -> list[str]:
        """How to start a module of this package with the bare interpreter."""
        # What the standard library does in a forked child mends locks of threads, of which there are none,
        # and costs as much as the fork itself.
        start = (
            "import os, sys; os.register_at_fork = lambda **_: None; "
            f"sys.path[:0] = {[os.path.dirname(self.package), *self.module_path]!r}; "  # noqa: PTH120
            f"from liteagent_sandbox.{entry} import main; main(*sys.argv[1:])"
        )
        return [self.python, "-I", "-S", "-B", "-X", "utf8", "-c", start, str(self), *more]
