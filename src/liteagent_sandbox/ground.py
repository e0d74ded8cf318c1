"""What runs stand on: the strongest walls that the host offers, and the children behind them."""

import asyncio
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from liteagent_sandbox import landlock
from liteagent_sandbox.cgroup import Cgroup
from liteagent_sandbox.contents import blueprint, node_program
from liteagent_sandbox.forks import Forks, StartError
from liteagent_sandbox.protocol import Level, RunRequest
from liteagent_sandbox.settings import Settings, SettingsError
from liteagent_sandbox.stock import Stock
from liteagent_sandbox.wire import FORK, PROGRAM

__all__ = ["Ground", "TooWeakError", "prepared"]

_LEVELS: tuple[tuple[Level, frozenset[str], frozenset[str]], ...] = (
    ("namespaces", frozenset({"namespaces", "landlock", "seccomp"}), frozenset({"namespaces", "seccomp"})),
    ("landlock", frozenset({"landlock", "seccomp"}), frozenset({"landlock", "seccomp"})),
)
"""Each level, with what is tried and what is needed for its name."""


_FOR_ALL = 0o005


class TooWeakError(StartError):
    """The host offers too little; the message says what is missing."""


@dataclass(slots=True)
class Ground:
    """A server of forks for runs without a network, and one for those that have it once there are any.

    Attributes:
        layers: What the walls are made of.
        weaknesses: What could not be had, in words.
        missing: Why a language cannot be had, by its name.
        cgroup: The one around all runs, where there is one.
    """

    settings: Settings
    level: Level
    layers: frozenset[str]
    weaknesses: list[str]
    missing: dict[str, str] = field(default_factory=dict[str, str])
    cgroup: Cgroup | None = None
    _servers: dict[bool, Forks] = field(default_factory=dict[bool, Forks])
    _stocks: dict[tuple[bool, bytes], Stock] = field(default_factory=dict[tuple[bool, bytes], Stock])
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def stock(self, request: RunRequest) -> Stock:
        """The children for such a run.

        Raises:
            StartError: The server of forks cannot be started.
        """
        network = request.enable_network and self.settings.network
        kind = PROGRAM if request.language == "nodejs" else FORK
        found = self._stocks.get((network, kind))
        if found is not None:
            return found
        async with self._starting:
            if (network, kind) not in self._stocks:
                await self._open(network=network)
        return self._stocks[network, kind]

    async def _open(self, *, network: bool) -> None:
        self.hold(await _server(self.settings, self.layers, self.cgroup, network=network), network=network)

    def hold(self, forks: Forks, *, network: bool) -> None:
        """Take a server and keep children of it ready."""
        forks.on_lost = lambda: self._drop(network)
        for problem in forks.problems:
            if problem.startswith("jinja2"):
                self.missing["jinja2"] = "Jinja2 is not installed: pip install 'liteagent[sandbox]'"
            elif problem.startswith("threads:"):
                self.weaknesses.append(problem)
            else:
                self.weaknesses.append(f"a module could not be preloaded: {problem}")
        self._servers[network] = forks
        for kind, wanted in ((FORK, self.settings.spares), (PROGRAM, self.settings.node_spares)):
            has_any = kind == FORK or "nodejs" not in self.missing
            stock = Stock(forks, kind, wanted if has_any and not network else 0, self.settings.mem)
            self._stocks[network, kind] = stock
            stock.replenish()

    def _drop(self, network: bool) -> None:
        """A server has gone: the next run starts another."""
        self._servers.pop(network, None)
        for kind in (FORK, PROGRAM):
            stock = self._stocks.pop((network, kind), None)
            if stock is not None:
                stock.discard()

    async def lose(self) -> None:
        """End the servers as if they had died."""
        for forks in list(self._servers.values()):
            forks.launcher.kill()
            await asyncio.to_thread(forks.launcher.wait)

    async def close(self) -> None:
        """End all of it."""
        for stock in list(self._stocks.values()):
            await stock.close()
        for forks in list(self._servers.values()):
            await forks.close()
        self._stocks.clear()
        self._servers.clear()
        if self.cgroup is not None:
            self.cgroup.remove()


async def prepared(settings: Settings) -> Ground:
    """The strongest that can be had.

    Raises:
        TooWeakError: There is too little, and `allow_weak` is not set.
        SettingsError: There is no folder of packages where there is to be one.
    """
    weaknesses = _of_packages(settings)
    offered = frozenset({"namespaces", "landlock", "seccomp"}) - set(settings.without)
    if "landlock" in offered and not landlock.abi():
        offered -= {"landlock"}
        weaknesses.append("landlock: this kernel does not have it, or a container's filter hides it")
    for level, tried, needed in _LEVELS:
        if needed <= offered:
            found = await _attempt(settings, level, tried & offered, weaknesses)
            if found is not None:
                return found
    weaker = _weaker(settings, offered, weaknesses)
    for layers in weaker:
        found = await _attempt(settings, "weak", layers, weaknesses)
        if found is not None:
            return found
    raise TooWeakError("the sandbox cannot start: " + "; ".join(weaknesses))


def _of_packages(settings: Settings) -> list[str]:
    """What is wrong with the operator's folder."""
    if not settings.packages:
        return []
    folder = Path(settings.packages)
    if not folder.is_dir():
        raise SettingsError(f"SANDBOX_PACKAGES={settings.packages!r} is no folder; make it with pip --target")
    if os.getuid() == 0 and folder.stat().st_mode & _FOR_ALL != _FOR_ALL:
        return [f"SANDBOX_PACKAGES: runs, which are nobody's, cannot read it: chmod -R a+rX {folder}"]
    return []


def _weaker(settings: Settings, offered: frozenset[str], weaknesses: list[str]) -> list[frozenset[str]]:
    if not settings.allow_weak:
        raise TooWeakError(
            "this host offers too little to hold foreign code: "
            + "; ".join(weaknesses)
            + ". Allow user namespaces, or Landlock and seccomp; "
            "or set SANDBOX_ALLOW_WEAK=1 to run without walls"
        )
    tries = [
        offered,
        offered - {"namespaces"},
        offered & {"landlock"},
        offered & {"seccomp"},
        frozenset[str](),
    ]
    return list(dict.fromkeys(tries))


async def _attempt(
    settings: Settings, level: Level, layers: frozenset[str], weaknesses: list[str]
) -> Ground | None:
    cgroup = _cgroup(settings, weaknesses)
    try:
        forks = await _server(settings, layers, cgroup, network=False)
    except StartError as error:
        weaknesses.append(f"{level}: {error}")
        if cgroup is not None:
            cgroup.remove()
        return None
    ground = Ground(settings, level, layers, weaknesses, cgroup=cgroup)
    if not node_program(settings):
        ground.missing["nodejs"] = "Node.js is not installed here: install it, or name it in SANDBOX_NODE"
    ground.hold(network=False, forks=forks)
    return ground


async def _server(
    settings: Settings, layers: frozenset[str], cgroup: Cgroup | None, *, network: bool
) -> Forks:
    plan = blueprint(settings, layers, network=network)
    return await Forks.started(replace(plan, cgroup=str(cgroup.path) if cgroup else ""))


def _cgroup(settings: Settings, weaknesses: list[str]) -> Cgroup | None:
    if not settings.cgroup:
        return None
    try:
        made = Cgroup.made(settings)
    except OSError as error:
        weaknesses.append(f"cgroup: {error}")
        return None
    weaknesses.extend(each for each in made.weaknesses if each not in weaknesses)
    return made
