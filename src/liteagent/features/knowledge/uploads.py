"""Uploaded files as a data source: their names with the data source, their bytes in the blob store."""

from collections.abc import AsyncIterator, Mapping, Sequence

from liteagent.contracts.datasource import Listed, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError, NotFoundError
from liteagent.contracts.storage import BlobStore

__all__ = ["UploadedFiles"]


class UploadedFiles:
    """A `DataSource` over files that a client sent."""

    def __init__(self, blobs: BlobStore, files: Sequence[Mapping[str, str]]) -> None:
        self._blobs = blobs
        self._files = files

    async def list(self) -> AsyncIterator[Listed]:
        """Every file, in the order they came."""
        for file in self._files:
            yield Listed(file["name"], file["blob"])

    async def read(self, listed: Listed) -> RawDocument:
        """The bytes of one file."""
        try:
            return RawDocument(listed.name, await self._blobs.get(listed.locator))
        except NotFoundError as error:
            raise DocumentUnreadableError(error.message) from None
