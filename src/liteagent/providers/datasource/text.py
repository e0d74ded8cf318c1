"""A data source whose one document is written into its configuration."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from liteagent.contracts.datasource import DataSource, Listed, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError, InvalidInputError
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.json import JsonObject
from liteagent.providers.datasource.config import option, read_config

__all__ = ["TextConfig", "TextSource", "create"]


@dataclass(frozen=True, slots=True)
class TextConfig:
    """The configuration of a text source."""

    content: str = option("", "The text to be indexed. Required.")
    name: str = option(
        "text.txt", "What citations call it; its suffix (`notes.md`) decides how it is parsed."
    )


class TextSource:
    """One document.

    Args:
        name: What citations call it; its suffix (`notes.md`) decides how it is parsed.
        content: Its text.
    """

    def __init__(self, name: str, content: str) -> None:
        self._name = name
        try:
            self._data = content.encode()
        except UnicodeEncodeError:
            raise InvalidInputError(
                "The text holds half of a surrogate pair, so it is no valid Unicode. Send it again as UTF-8."
            ) from None

    async def list(self) -> AsyncIterator[Listed]:
        """The one document."""
        version = f"sha256:{hashlib.sha256(self._data).hexdigest()}"
        yield Listed(self._name, self._name, len(self._data), version)

    async def read(self, listed: Listed) -> RawDocument:
        """Its bytes, as UTF-8.

        Raises:
            DocumentUnreadableError: `listed` is not of this source.
        """
        if listed.locator != self._name:
            raise DocumentUnreadableError(f"{listed.name} is not in this source. List it again.")
        return RawDocument(self._name, self._data)


def create(config: JsonObject, fetch: Fetch) -> DataSource:  # noqa: ARG001 - every source is made alike
    """The source, as the entry point `liteagent.datasource` makes it from a `TextConfig`.

    Raises:
        InvalidInputError: `content` is missing, blank or not valid Unicode.
    """
    given = read_config(TextConfig, config)
    if not given.content.strip():
        raise InvalidInputError("A text source needs `content`: the text to be indexed.")
    return TextSource(given.name or "text.txt", given.content)
