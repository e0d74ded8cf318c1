"""A data source whose one document is written into its configuration."""

from collections.abc import AsyncIterator, Mapping

from liteagent.contracts.datasource import DataSource, Listed, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError, InvalidInputError

__all__ = ["TextSource", "create"]


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
        yield Listed(self._name, self._name, len(self._data))

    async def read(self, listed: Listed) -> RawDocument:
        """Its bytes, as UTF-8.

        Raises:
            DocumentUnreadableError: `listed` is not of this source.
        """
        if listed.locator != self._name:
            raise DocumentUnreadableError(f"{listed.name} is not in this source. List it again.")
        return RawDocument(self._name, self._data)


def create(config: Mapping[str, str]) -> DataSource:
    """The source, as the entry point `liteagent.datasource` makes it from `content` and an optional `name`.

    Raises:
        InvalidInputError: `content` is missing, blank or not valid Unicode.
    """
    content = config.get("content", "")
    if not content.strip():
        raise InvalidInputError("A text source needs `content`: the text to be indexed.")
    return TextSource(config.get("name") or "text.txt", content)
