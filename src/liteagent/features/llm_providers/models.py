"""Where a workspace's language models are."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Owned

__all__ = ["LLMProviderRow"]


class LLMProviderRow(Owned, Base):
    """A configured provider; `api_key` is encrypted for this row and column."""

    __tablename__ = "llm_providers"

    name: Mapped[str] = mapped_column(String(200))
    provider_type: Mapped[str] = mapped_column(String(32))
    model_name: Mapped[str] = mapped_column(String(200))
    api_key: Mapped[str | None] = mapped_column(Text)
    base_url: Mapped[str | None] = mapped_column(String(2000))
    is_active: Mapped[bool] = mapped_column(default=True)
