"""Vector stores by name, built-in and installed ones alike."""

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonValue
from liteagent.contracts.registry import Registry
from liteagent.contracts.vectors import VectorStore, VectorStoreFactory

__all__ = ["create_vector_store"]

_STORES: Registry[VectorStoreFactory] = Registry("liteagent.vectorstore")


def create_vector_store(kind: str = "memory", **config: JsonValue) -> VectorStore:
    """A store of the entry-point group `liteagent.vectorstore`: `memory`, `sqlite`, `pgvector`, `qdrant`.

    Args:
        kind: Its name.
        config: What it needs: `path` for `sqlite`, `url` for the servers.

    Raises:
        InvalidInputError: There is no store of that name.
        ConfigurationError: Its package is not installed, or the configuration lacks something.

    Example:
        >>> store = create_vector_store("memory")
    """
    if kind not in _STORES.names():
        raise InvalidInputError(
            f"There is no vector store {kind!r}. Known: {', '.join(_STORES.names()) or 'none'}."
        )
    return _STORES.get(kind)(config)
