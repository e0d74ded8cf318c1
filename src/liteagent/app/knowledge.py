"""The knowledge slice, put together: what it needs goes into its sockets."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.datasource import DataSourceFactory, DocumentReader
from liteagent.contracts.embedding import EmbedderFactory
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.json import JsonObject
from liteagent.contracts.registry import Registry
from liteagent.contracts.reranking import RerankerFactory
from liteagent.contracts.vectors import VectorStore
from liteagent.engine.rag.indexing import IndexingState
from liteagent.engine.runs.protocol import RunKind
from liteagent.features.knowledge.catalog import IndexCatalog
from liteagent.features.knowledge.choices import Choices
from liteagent.features.knowledge.documents import DocumentService
from liteagent.features.knowledge.folders import OpenFolders
from liteagent.features.knowledge.opening import SourceOpener
from liteagent.features.knowledge.refreshing import Refresher
from liteagent.features.knowledge.retrieving import KnowledgeSearch
from liteagent.features.knowledge.service import DataSourceService
from liteagent.features.knowledge.tasks import INDEXING, Indexer, indexing_kind
from liteagent.features.llm_providers.embedders import EmbedderService, EmbeddingRef
from liteagent.features.llm_providers.service import ProviderService
from liteagent.features.runs.service import RunService
from liteagent.infra.db.database import Database
from liteagent.infra.security.encryption import Encryption
from liteagent.infra.storage.files import FileBlobStore

__all__ = ["Knowledge", "KnowledgeParts", "Registries", "assemble_knowledge"]


@dataclass(frozen=True, slots=True)
class Registries:
    """The plugged parts that knowledge is made with, by name."""

    sources: Registry[DataSourceFactory]
    embedders: Registry[EmbedderFactory]
    rerankers: Registry[RerankerFactory]

    @classmethod
    def installed(cls) -> "Registries":
        """Those of the installed entry points."""
        return cls(
            Registry("liteagent.datasource"), Registry("liteagent.embedding"), Registry("liteagent.reranker")
        )


@dataclass(frozen=True, slots=True)
class KnowledgeParts:
    """What knowledge stands on.

    Attributes:
        blobs: The folder of uploaded files.
        default_embedding: The model of data sources that name none; None: words only.
        embedding_options: What the operator says of a kind of embedder, by its name.
        folders: Where paths may lie that users name.
    """

    database: Database
    runs: RunService
    providers: ProviderService
    encryption: Encryption
    clock: Clock
    new_id: IdSource
    fetch: Fetch
    reader: DocumentReader
    store: VectorStore
    blobs: Path
    default_embedding: EmbeddingRef | None = None
    embedding_options: Mapping[str, JsonObject] | None = None
    folders: OpenFolders | None = None


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The services of the knowledge slice, its kind of run, and what keeps data sources up to date.

    Attributes:
        default_embedding: The model of data sources that name none; None: words only.
    """

    datasources: DataSourceService
    documents: DocumentService
    search: KnowledgeSearch
    embedders: EmbedderService
    kind: RunKind[IndexingState]
    refresher: Refresher
    default_embedding: EmbeddingRef | None = None


def assemble_knowledge(parts: KnowledgeParts, registries: Registries) -> Knowledge:
    """Put the knowledge slice together."""
    blobs = FileBlobStore(parts.blobs)
    catalog = IndexCatalog(parts.database, parts.store)
    embedders = EmbedderService(parts.providers, registries.embedders, parts.clock, parts.embedding_options)
    opener = SourceOpener(registries.sources, blobs, parts.fetch, parts.encryption, parts.folders)
    documents = DocumentService(parts.database)
    datasources = DataSourceService(
        parts.database,
        parts.runs,
        blobs,
        catalog,
        Choices(opener, embedders, parts.default_embedding),
        documents,
        parts.new_id,
        kind=INDEXING,
        folders=parts.folders,
    )
    return Knowledge(
        datasources=datasources,
        documents=documents,
        search=KnowledgeSearch(parts.database, catalog, embedders, parts.providers, registries.rerankers),
        embedders=embedders,
        kind=indexing_kind(Indexer(parts.database, opener, parts.reader, embedders, parts.new_id)),
        refresher=Refresher(parts.database, datasources, opener, parts.clock),
        default_embedding=parts.default_embedding,
    )
