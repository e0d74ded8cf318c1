"""Opens the source of a data source's documents."""

import orjson

from liteagent.contracts.datasource import DataSource, DataSourceFactory
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.registry import Registry
from liteagent.contracts.storage import BlobStore
from liteagent.features.knowledge.folders import OpenFolders
from liteagent.features.knowledge.models import DataSourceRow
from liteagent.features.knowledge.uploads import UploadedFiles
from liteagent.infra.security.encryption import Encryption, Place

__all__ = ["SourceOpener"]

_OPERATOR = Principal("").name
"""Whoever has the data folder may name any path."""


class SourceOpener:
    """Makes sources of what data sources say, their secrets included.

    Args:
        sources: Factories by type.
        blobs: Where uploaded files are.
        fetch: What sources reach the network through.
        encryption: Seals the secrets.
        folders: Where paths may lie that users name.
    """

    def __init__(
        self,
        sources: Registry[DataSourceFactory],
        blobs: BlobStore,
        fetch: Fetch,
        encryption: Encryption,
        folders: OpenFolders | None = None,
    ) -> None:
        self._sources = sources
        self._blobs = blobs
        self._fetch = fetch
        self._encryption = encryption
        self._folders = folders or OpenFolders()

    def open(self, row: DataSourceRow) -> DataSource:
        """The source of a data source's documents.

        Raises:
            InvalidInputError: A user named its path, and it does not lead into an open folder any more; or
                its configuration is of no use.
        """
        if row.source_type == "file" and row.source_path is None:
            return UploadedFiles(self._blobs, row.files)
        if row.source_type == "file" and row.source_path is not None and row.created_by != _OPERATOR:
            self._folders.check(row.source_path)
        return self.check_row(row)

    def check_row(self, row: DataSourceRow) -> DataSource:
        """The source that a row describes, wherever it leads; nothing is read or connected.

        Raises:
            NotFoundError: There is no source of its type.
            InvalidInputError: Its configuration is of no use; the message says what is missing.
        """
        given = {"content": row.content, "source_path": row.source_path}
        config: dict[str, JsonValue] = {name: value for name, value in given.items() if value is not None}
        if row.source_type == "text":
            config["name"] = row.name
        return self._sources.get(row.source_type)({**row.config, **self.unseal(row), **config}, self._fetch)

    def seal(self, datasource_id: str, secrets: JsonObject) -> str | None:
        """The secrets of a data source as its row keeps them."""
        if not secrets:
            return None
        return self._encryption.encrypt(orjson.dumps(secrets).decode(), _place(datasource_id))

    def unseal(self, row: DataSourceRow) -> JsonObject:
        """The secrets of a data source."""
        if row.secrets is None:
            return {}
        return orjson.loads(self._encryption.decrypt(row.secrets, _place(row.id)))


def _place(datasource_id: str) -> Place:
    return Place("data_sources", "secrets", datasource_id)
