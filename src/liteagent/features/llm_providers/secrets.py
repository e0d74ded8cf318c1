"""The secrets of providers: encrypted for their row and column, shown masked, or kept by the environment."""

import json
from collections.abc import Mapping

from liteagent.contracts.errors import ConfigurationError
from liteagent.features.llm_providers.environment import EnvironmentProvider
from liteagent.features.llm_providers.models import LLMProviderRow
from liteagent.infra.security.encryption import Encryption, Place

__all__ = ["ProviderSecrets"]


class ProviderSecrets:
    """Seals and opens keys and headers.

    Args:
        encryption: The installation's.
        environment: Providers of the environment, by variable.
    """

    def __init__(self, encryption: Encryption, environment: Mapping[str, EnvironmentProvider]) -> None:
        self._encryption = encryption
        self._environment = environment

    def seal(self, row: LLMProviderRow, api_key: str | None) -> None:
        """Keep a key, or forget it."""
        row.api_key = None if api_key is None else self._encryption.encrypt(api_key, _place(row, "api_key"))

    def seal_headers(self, row: LLMProviderRow, headers: Mapping[str, str]) -> None:
        """Keep headers; a value that is the mask of the one there stays that one.

        Raises:
            ConfigurationError: A masked one is kept and those there cannot be read.
        """
        known = self.headers(row) if any(value.startswith("…") for value in headers.values()) else {}
        kept = {
            name: known[name] if name in known and value == _mask(known[name]) else value
            for name, value in headers.items()
        }
        sealed = self._encryption.encrypt(json.dumps(kept), _place(row, "headers")) if kept else None
        row.headers = sealed

    def api_key(self, row: LLMProviderRow) -> str | None:
        """The key.

        Raises:
            ConfigurationError: It is of another installation, or its variable is gone.
        """
        if row.environment is not None:
            return self.of_environment(row.environment).api_key
        return None if row.api_key is None else self._encryption.decrypt(row.api_key, _place(row, "api_key"))

    def base_url(self, row: LLMProviderRow) -> str | None:
        """The address.

        Raises:
            ConfigurationError: Its variable is gone.
        """
        return row.base_url if row.environment is None else self.of_environment(row.environment).base_url

    def headers(self, row: LLMProviderRow) -> dict[str, str]:
        """The headers.

        Raises:
            ConfigurationError: They are of another installation.
        """
        sealed = row.headers
        return {} if sealed is None else json.loads(self._encryption.decrypt(sealed, _place(row, "headers")))

    def masked_key(self, row: LLMProviderRow) -> str | None:
        """The key as it may be shown; one that cannot be read is shown too, so that it can be mended."""
        try:
            key = self.api_key(row)
        except ConfigurationError:
            return _mask("")
        return None if key is None else _mask(key)

    def masked_headers(self, row: LLMProviderRow) -> dict[str, str]:
        """The headers as they may be shown."""
        try:
            return {name: _mask(value) for name, value in self.headers(row).items()}
        except ConfigurationError:
            return {}

    def of_environment(self, variable: str) -> EnvironmentProvider:
        """What the environment says of a provider.

        Raises:
            ConfigurationError: Nothing: the variable is not set in this process.
        """
        known = self._environment.get(variable)
        if known is None:
            raise ConfigurationError(
                f"The variable {variable} is not set here. Set it, or choose another provider."
            )
        return known


def _place(row: LLMProviderRow, column: str) -> Place:
    return Place("llm_providers", column, row.id)


def _mask(secret: str) -> str:
    return f"…{secret[-4:]}" if len(secret) >= 12 else "…"
