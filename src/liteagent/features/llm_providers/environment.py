"""Providers that are there because a variable of the environment is set. Their keys are never stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.identity import Principal
from liteagent.features.llm_providers import repository
from liteagent.features.llm_providers.models import LLMProviderRow

__all__ = ["DefaultModel", "EnvironmentProvider", "reconcile"]


@dataclass(frozen=True, slots=True)
class EnvironmentProvider:
    """A provider as the environment describes it.

    Attributes:
        variable: The variable that makes it appear; its name in the database.
        name: What users see.
    """

    variable: str
    name: str
    provider_type: str
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class DefaultModel:
    """The model of providers that name none.

    Attributes:
        model: Its name; empty for the first that the provider lists.
        provider_type: Of the providers that it is for; None for all.
    """

    model: str = ""
    provider_type: str | None = None

    @classmethod
    def parse(cls, text: str, types: Sequence[str]) -> "DefaultModel":
        """`MODEL`, or `TYPE/MODEL` with one of `types`."""
        before, slash, after = text.partition("/")
        return cls(after, before) if slash and after and before in types else cls(text)

    def of(self, provider_type: str) -> str:
        """The name for providers of this type; empty where none is set."""
        return self.model if self.provider_type in (None, provider_type) else ""


def reconcile(
    session: Session,
    principal: Principal,
    wanted: Mapping[str, EnvironmentProvider],
    new_id: IdSource,
) -> None:
    """Give each provider of the environment its row.

    What users have changed of a row (its model, whether it is active, how it is called) stays. So does the
    row of a provider whose variable is gone, so that agents find it again when that is back: meanwhile it is
    in no list, and nobody's default.
    """
    rows = {str(row.environment): row for row in repository.from_environment(session, principal)}
    for variable, provider in wanted.items():
        row = rows.get(variable)
        if row is not None:
            row.provider_type = provider.provider_type
            continue
        session.add(
            LLMProviderRow(
                id=new_id(),
                workspace_id=principal.workspace_id,
                created_by=principal.name,
                name=provider.name,
                provider_type=provider.provider_type,
                model_name="",
                environment=variable,
            )
        )
    session.flush()
