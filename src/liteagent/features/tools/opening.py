"""Opens sources of tools with what was kept of them, and keeps them open."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import anyio
import orjson

from liteagent.contracts.fetch import Fetch
from liteagent.contracts.json import JsonObject
from liteagent.contracts.registry import Registry
from liteagent.contracts.tools import Tool, ToolSource, ToolSourceConfig, ToolSourceFactory
from liteagent.features.tools.models import ToolSourceRow
from liteagent.infra.security.encryption import Encryption, Place

__all__ = ["OpenSources"]

_Shape: TypeAlias = tuple[str, str | None, str | None, str]

_MOST_OPEN = 32


@dataclass(slots=True)
class _Opened:
    shape: _Shape
    source: ToolSource
    tools: Mapping[str, Tool] | None = None
    listing: anyio.Lock = field(default_factory=anyio.Lock)


class OpenSources:
    """The sources that this process has open, the least recently used one closed for the next.

    Args:
        registry: Factories by type.
        fetch: What they reach the network through.
        encryption: Seals their headers.
        operator: What the operator's settings say of a type, by its name.
    """

    def __init__(
        self,
        registry: Registry[ToolSourceFactory],
        fetch: Fetch,
        encryption: Encryption,
        operator: Mapping[str, JsonObject],
    ) -> None:
        self._registry = registry
        self._fetch = fetch
        self._encryption = encryption
        self._operator = operator
        self._open: OrderedDict[str, _Opened] = OrderedDict()

    def types(self) -> tuple[str, ...]:
        """The installed types of sources."""
        return self._registry.names()

    def make(
        self, source_type: str, url: str | None, headers: Mapping[str, str], options: JsonObject
    ) -> ToolSource:
        """A source; nothing is connected.

        Raises:
            InvalidInputError: It cannot be one like that; the message says what is missing.
        """
        config = ToolSourceConfig(url, dict(headers), options, self._operator.get(source_type, {}))
        return self._registry.get(source_type)(config, self._fetch)

    async def found(self, row: ToolSourceRow) -> Mapping[str, Tool]:
        """The tools that a source has now, by its own names; from now on these are the ones that are called.

        Raises:
            ToolError: The origin cannot be reached or used.
        """
        opened = await self._opened(row)
        async with opened.listing:
            opened.tools = {each.definition.name: each for each in await opened.source.tools()}
            return opened.tools

    async def known(self, row: ToolSourceRow) -> Mapping[str, Tool]:
        """The tools that a source had when this process last looked.

        Raises:
            ToolError: As `found`, where it has not looked yet.
        """
        opened = await self._opened(row)
        async with opened.listing:
            if opened.tools is None:
                opened.tools = {each.definition.name: each for each in await opened.source.tools()}
            return opened.tools

    async def close(self, source_id: str) -> None:
        """Close one source, if it is open."""
        opened = self._open.pop(source_id, None)
        if opened is not None:
            await opened.source.aclose()

    async def aclose(self) -> None:
        """Close all of them."""
        while self._open:
            _, opened = self._open.popitem()
            await opened.source.aclose()

    def seal(self, source_id: str, headers: Mapping[str, str]) -> str | None:
        """Headers as a row keeps them."""
        if not headers:
            return None
        return self._encryption.encrypt(orjson.dumps(dict(headers)).decode(), _place(source_id))

    def unseal(self, row: ToolSourceRow) -> dict[str, str]:
        """The headers of a source.

        Raises:
            ConfigurationError: They were sealed with another installation's key.
        """
        if row.headers is None:
            return {}
        headers: dict[str, Any] = orjson.loads(self._encryption.decrypt(row.headers, _place(row.id)))
        return headers

    async def _opened(self, row: ToolSourceRow) -> _Opened:
        shape = (row.source_type, row.url, row.headers, orjson.dumps(row.options).decode())
        opened = self._open.get(row.id)
        if opened is not None and opened.shape != shape:
            await self.close(row.id)
            opened = self._open.get(row.id)
        if opened is None:
            source = self.make(row.source_type, row.url, self.unseal(row), row.options)
            opened = self._open[row.id] = _Opened(shape, source)
            if len(self._open) > _MOST_OPEN:
                _, oldest = self._open.popitem(last=False)
                await oldest.source.aclose()
        if row.id in self._open:
            self._open.move_to_end(row.id)
        return opened


def _place(source_id: str) -> Place:
    return Place("tool_sources", "headers", source_id)
