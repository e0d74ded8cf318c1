"""Where a workspace's language models are, and what they cost."""

from typing import Any

from sqlalchemy import BigInteger, Float, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Id, Owned

__all__ = ["LLMProviderRow", "PriceRow"]


class LLMProviderRow(Owned, Base):
    """A configured provider; `api_key` and `headers` are encrypted for this row and column.

    `environment` names the variable that holds the key of a provider that came from the environment; its key
    and its address are never stored. An empty `model_name` takes the default.
    """

    __tablename__ = "llm_providers"

    name: Mapped[str] = mapped_column(String(200))
    provider_type: Mapped[str] = mapped_column(String(32))
    model_name: Mapped[str] = mapped_column(String(200))
    api_key: Mapped[str | None] = mapped_column(Text)
    base_url: Mapped[str | None] = mapped_column(String(2000))
    is_active: Mapped[bool] = mapped_column(default=True)
    headers: Mapped[str | None] = mapped_column(Text)
    query: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    options: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    resilience: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    priority: Mapped[int] = mapped_column(default=0, server_default="0")
    weight: Mapped[float] = mapped_column(Float, default=1.0, server_default="1")
    environment: Mapped[str | None] = mapped_column(String(64))


class PriceRow(Owned, Base):
    """What a million tokens cost, in micro-dollars: of one provider, or of all of one type."""

    __tablename__ = "prices"

    provider_id: Mapped[str | None] = mapped_column(
        Id, ForeignKey("llm_providers.id", ondelete="CASCADE"), index=True
    )
    provider_type: Mapped[str | None] = mapped_column(String(32))
    model: Mapped[str] = mapped_column(String(200))
    input: Mapped[int] = mapped_column(BigInteger)
    output: Mapped[int] = mapped_column(BigInteger)
    cached: Mapped[int | None] = mapped_column(BigInteger)
    cache_write: Mapped[int | None] = mapped_column(BigInteger)
