"""What a user has chosen for a data source, checked before anything is kept."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liteagent.contracts.errors import InvalidInputError, NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import dump
from liteagent.engine.rag.chunker import create_chunker
from liteagent.engine.rag.options import RetrievalOptions
from liteagent.features.knowledge.analyzers import analyzer_of
from liteagent.features.knowledge.cutting import chunker_choice
from liteagent.features.knowledge.models import DataSourceRow
from liteagent.features.knowledge.opening import SourceOpener
from liteagent.features.knowledge.schemas import ChunkerBody, DataSourceBody, DataSourcePatch, EmbeddingBody
from liteagent.features.llm_providers.embedders import EmbedderService, EmbeddingRef

__all__ = ["Choices", "Chosen"]

_SECRETS = ("gitlab_token",)
_COPIED = ("name", "content", "source_path", "watch", "sync_every", "language")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The embedding model of a body; `said` is false where it names none."""

    said: bool = False
    embedding: EmbeddingRef | None = None


class Choices:
    """Checks bodies and writes them into rows.

    Args:
        opener: Knows what a source's configuration must say.
        embedders: Know the kinds of embedding models.
        default: The embedding model where a body names none; None: words only.
    """

    def __init__(
        self, opener: SourceOpener, embedders: EmbedderService, default: EmbeddingRef | None = None
    ) -> None:
        self._opener = opener
        self._embedders = embedders
        self._default = default

    async def of(self, principal: Principal, body: DataSourceBody) -> Chosen:
        """What a new data source is to be made with.

        Raises:
            InvalidInputError: The body names what there is not, or what does not fit together.
            NotFoundError: The provider is not in this workspace.
        """
        if "embedding" in body.model_fields_set:
            return Chosen(True, await self._embedding(principal, body.embedding))
        return Chosen(True, self._default)

    async def changed(self, principal: Principal, body: DataSourcePatch) -> Chosen:
        """What a data source is to be made with from now on.

        Raises:
            InvalidInputError: As `of`.
            NotFoundError: As `of`.
        """
        if "embedding" in body.model_fields_set:
            return Chosen(True, await self._embedding(principal, body.embedding))
        return Chosen()

    def fill(self, row: DataSourceRow, body: DataSourceBody, chosen: Chosen) -> None:
        """Write a new data source into its row, whose id is known.

        Raises:
            InvalidInputError: The source's configuration is of no use.
        """
        row.source_type = body.source_type
        for name in _COPIED:
            setattr(row, name, getattr(body, name))
        row.config = _config(body.config, body.gitlab_url)
        row.chunker = body.chunker.to_json()
        row.retrieval = body.retrieval.to_json()
        row.embedding = None if chosen.embedding is None else dump(chosen.embedding)
        row.secrets = self._opener.seal(row.id, _secrets(body))
        self._check(row)

    def apply(self, row: DataSourceRow, body: DataSourcePatch, chosen: Chosen) -> None:
        """Write what a patch names into a row.

        Raises:
            InvalidInputError: `content` for what has none, or what is left does not fit together.
        """
        if body.content is not None and row.source_type != "text":
            raise InvalidInputError("Only a text source has `content`.")
        if body.source_path is not None and (row.source_type == "text" or row.source_path is None):
            raise InvalidInputError("This data source has no `source_path`: its documents were sent.")
        if row.source_type != "gitlab" and (body.gitlab_url or body.gitlab_token):
            raise InvalidInputError("Only a gitlab source has `gitlab_url` and `gitlab_token`.")
        for name in _COPIED:
            if name in body.model_fields_set and (getattr(body, name) is not None or name == "sync_every"):
                setattr(row, name, getattr(body, name))
        if "sync_every" in body.model_fields_set:
            row.next_sync_at = None if body.sync_every is None else time.time() + body.sync_every
        if body.config is not None or body.gitlab_url is not None:
            config = row.config if body.config is None else body.config
            row.config = _config(config, body.gitlab_url or row.config.get("gitlab_url"))
        row.chunker = body.chunker.to_json() if body.chunker else row.chunker
        row.retrieval = body.retrieval.to_json() if body.retrieval else row.retrieval
        if chosen.said:
            row.embedding = None if chosen.embedding is None else dump(chosen.embedding)
        if secrets := _secrets(body):
            row.secrets = self._opener.seal(row.id, {**self._opener.unseal(row), **secrets})
        self._check(row)

    async def _embedding(self, principal: Principal, body: EmbeddingBody | None) -> EmbeddingRef | None:
        if body is None:
            return None
        kind = await self._embedders.resolve(
            principal, provider_id=body.provider_id, provider_type=body.provider_type, model=body.model
        )
        return EmbeddingRef(kind, body.model, body.provider_id, body.dimensions)

    def _check(self, row: DataSourceRow) -> None:
        _check_chunker(ChunkerBody(**row.chunker), embeds=row.embedding is not None)
        RetrievalOptions.of(row.retrieval)
        analyzer_of(row.language)
        if row.watch and not row.source_path:
            raise InvalidInputError("Only a folder can be watched; use `sync_every`.")
        if row.source_type == "file" and row.source_path is None:
            return  # uploaded files
        try:
            self._opener.check_row(row)
        except NotFoundError as error:
            raise InvalidInputError(error.message) from None


def _check_chunker(body: ChunkerBody, *, embeds: bool) -> None:
    if body.strategy == "semantic" and not embeds:
        raise InvalidInputError(
            "The semantic chunker needs an embedding model. Choose one, or another strategy."
        )
    kind, options = chunker_choice(body.to_json())
    create_chunker(kind, encode=_never if kind == "semantic" else None, **options)


def _never(_texts: Any) -> Any:
    raise AssertionError("the chunker is only made, not used")


def _config(config: Mapping[str, Any], gitlab_url: str | None) -> dict[str, Any]:
    if secret := next((name for name in _SECRETS if name in config), None):
        raise InvalidInputError(f"Give `{secret}` beside `config`, not in it: it is kept encrypted.")
    return {**config, **({"gitlab_url": gitlab_url} if gitlab_url else {})}


def _secrets(body: DataSourceBody | DataSourcePatch) -> dict[str, str]:
    return {"gitlab_token": body.gitlab_token} if body.gitlab_token else {}
