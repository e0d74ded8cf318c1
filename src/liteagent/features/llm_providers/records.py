"""Providers as calls read them: plain values, kept for a moment so that a call costs no query."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLMConfig
from liteagent.features.llm_providers import repository
from liteagent.features.llm_providers.models import LLMProviderRow
from liteagent.features.llm_providers.schemas import Resilience
from liteagent.features.llm_providers.secrets import ProviderSecrets
from liteagent.infra.cache.fresh import Fresh
from liteagent.infra.db.database import Database

__all__ = ["ProviderRecord", "ProviderRecords"]

_FRESH = 2.0


@dataclass(frozen=True, slots=True)
class ProviderRecord:
    """A provider.

    Attributes:
        model_name: Empty for the default model.
        config: How it is reached, or why that is not known.
    """

    id: str
    name: str
    provider_type: str
    model_name: str
    is_active: bool
    priority: int
    weight: float
    options: JsonObject
    resilience: Resilience
    config: LLMConfig | LiteAgentError = field(repr=False)

    def reached(self, model: str) -> LLMConfig:
        """How one of its models is reached.

        Raises:
            ConfigurationError: Its key is of another installation, or its variable is gone.
        """
        config = self.config
        if isinstance(config, LiteAgentError):
            raise config
        return LLMConfig(
            model,
            config.api_key,
            config.base_url,
            config.headers,
            config.timeout,
            config.query,
            config.options,
        )


class ProviderRecords:
    """Reads providers. What another process has changed is known after 2 seconds.

    Args:
        variables: Those of the environment that are set: their providers are there.
    """

    def __init__(
        self, database: Database, secrets: ProviderSecrets, clock: Clock, variables: Collection[str]
    ) -> None:
        self._database = database
        self._secrets = secrets
        self._variables = variables
        self._kept: Fresh[tuple[str, str | None], ProviderRecord | None] = Fresh(clock, _FRESH)

    async def get(self, principal: Principal, provider_id: str) -> ProviderRecord:
        """One provider.

        Raises:
            NotFoundError: Not in this workspace.
        """

        def find(session: Session) -> LLMProviderRow:
            return repository.get(session, principal, provider_id)

        found = await self._read((principal.workspace_id, provider_id), find)
        assert found is not None
        return found

    async def default(self, principal: Principal, types: tuple[str, ...]) -> ProviderRecord | None:
        """The workspace's default among these types; None where there is none."""

        def find(session: Session) -> LLMProviderRow | None:
            return repository.default(session, principal, types, self._variables)

        return await self._read((principal.workspace_id, None), find)

    def forget(self) -> None:
        """Read all of them anew."""
        self._kept.clear()

    async def _read(
        self, key: tuple[str, str | None], find: Callable[[Session], LLMProviderRow | None]
    ) -> ProviderRecord | None:

        def read(session: Session) -> ProviderRecord | None:
            row = find(session)
            return None if row is None else self._record(row)

        return await self._kept.get(key, lambda: self._database.read(read))

    def _record(self, row: LLMProviderRow) -> ProviderRecord:
        resilience = Resilience.model_validate(row.resilience)
        return ProviderRecord(
            id=row.id,
            name=row.name,
            provider_type=row.provider_type,
            model_name=row.model_name,
            is_active=row.is_active,
            priority=row.priority,
            weight=row.weight,
            options=row.options,
            resilience=resilience,
            config=self._config(row, resilience),
        )

    def _config(self, row: LLMProviderRow, resilience: Resilience) -> LLMConfig | LiteAgentError:
        query: dict[str, Any] = row.query
        try:
            return LLMConfig(
                row.model_name,
                self._secrets.api_key(row),
                self._secrets.base_url(row),
                self._secrets.headers(row),
                resilience.silence_seconds,
                query,
                row.options,
            )
        except LiteAgentError as error:
            return error
