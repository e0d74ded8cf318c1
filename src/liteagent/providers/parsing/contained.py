"""Reads documents of every format in children with limits, so that no document can harm the server."""

from collections.abc import Sequence

import anyio
import anyio.to_thread
from anyio import CapacityLimiter

from liteagent.contracts.datasource import ParsedDocument, ParserFactory, RawDocument
from liteagent.contracts.registry import Registry
from liteagent.providers.parsing.causes import too_large, unreadable
from liteagent.providers.parsing.child import Child
from liteagent.providers.parsing.kinds import SUFFIXES, is_light, suffix_of
from liteagent.providers.parsing.limits import ParsingLimits
from liteagent.providers.parsing.plain import PlainParser

__all__ = ["BUILT_IN", "ContainedParser", "create"]

BUILT_IN = frozenset(
    ("delimited", "docx", "email", "epub", "html", "json", "pdf", "plain", "pptx", "workbook")
)
"""Names of the group `liteagent.parser` that are this package's own."""


class ContainedParser:
    """A `DocumentReader`: short plain text is read in a thread, everything else in a pool of children.

    Children are started when they are first needed and kept for the next document. One that crashes, hangs or
    takes too much is replaced, and its document fails with a cause; the others are not affected.

    Args:
        limits: What one document may cost.
        children: How many may read at the same time.
        parsers: Where foreign parsers are found, if they are installed with a package of their own: a child
            cannot see what was registered in this process.
    """

    def __init__(
        self,
        limits: ParsingLimits | None = None,
        *,
        children: int = 2,
        parsers: Registry[ParserFactory] | None = None,
    ) -> None:
        self._limits = limits or ParsingLimits()
        self._foreign = _foreign(parsers)
        self._claimed = frozenset(suffix for _, suffixes in self._foreign for suffix in suffixes)
        self._plain = PlainParser()
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._closed = False
        self._turns = anyio.Semaphore(children)
        self._threads = CapacityLimiter(children * 2)
        self.suffixes: tuple[str, ...] = tuple(sorted({*SUFFIXES, *self._claimed}))

    async def read(self, raw: RawDocument) -> ParsedDocument:
        """The document's text; cancelling it ends the child at once.

        Raises:
            DocumentUnreadableError: `details["cause"]` says why.
        """
        if len(raw.data) > self._limits.input_bytes:
            raise too_large(raw, "bytes", self._limits.input_bytes)
        if suffix_of(raw) not in self._claimed and is_light(raw):
            return await anyio.to_thread.run_sync(self._plain.parse, raw)
        async with self._turns:
            child = await self._take()
            try:
                return await self._read_by(child, raw)
            finally:
                await self._give_back(child)

    async def aclose(self) -> None:
        """End all children; documents that are being read fail."""
        self._closed = True
        idle, self._idle = self._idle, []
        for child in self._busy:
            child.kill()
        for child in idle:
            await anyio.to_thread.run_sync(child.close)

    async def _read_by(self, child: Child, raw: RawDocument) -> ParsedDocument:
        try:
            with anyio.fail_after(self._limits.wall_seconds):
                return await anyio.to_thread.run_sync(
                    child.read, raw, abandon_on_cancel=True, limiter=self._threads
                )
        except TimeoutError:
            child.kill()
            raise unreadable(
                raw,
                "parse_timeout",
                f"reading it takes longer than {self._limits.wall_seconds:g} seconds. Split or simplify it.",
            ) from None
        except anyio.get_cancelled_exc_class():
            child.kill()
            raise

    async def _take(self) -> Child:
        child = self._idle.pop() if self._idle else None
        if child is not None and child.is_worn:  # it died at rest
            await anyio.to_thread.run_sync(child.close)
            child = None
        if child is None:
            names = [name for name, _ in self._foreign]
            child = await anyio.to_thread.run_sync(Child, self._limits, names)
        self._busy.add(child)
        return child

    async def _give_back(self, child: Child) -> None:
        self._busy.discard(child)
        if not self._closed and not child.is_worn:
            self._idle.append(child)
            return
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(child.close)


def create() -> ContainedParser:
    """The reader with the installed parsers, as the entry point `liteagent.reader` makes it."""
    return ContainedParser(parsers=Registry("liteagent.parser"))


def _foreign(parsers: Registry[ParserFactory] | None) -> Sequence[tuple[str, tuple[str, ...]]]:
    if parsers is None:
        return ()
    names = [name for name in parsers.names() if name not in BUILT_IN]
    return [(name, parsers.get(name)().suffixes) for name in names]
