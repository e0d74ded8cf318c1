"""What may be spent, what was, and what calls that are running may still spend.

Money is in nano-dollars, time in milliseconds.
"""

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Id, Owned, Timestamps

__all__ = ["BudgetReservationRow", "BudgetRow", "BudgetUseRow"]


class BudgetRow(Owned, Base):
    """What one subject may spend in one period; without `subject_id` each subject of the scope may."""

    __tablename__ = "budgets"

    name: Mapped[str] = mapped_column(String(200))
    scope: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[str | None] = mapped_column(String(64))
    period: Mapped[str] = mapped_column(String(16))
    money: Mapped[int | None] = mapped_column(BigInteger)
    tokens: Mapped[int | None] = mapped_column(BigInteger)
    steps: Mapped[int | None] = mapped_column(BigInteger)
    milliseconds: Mapped[int | None] = mapped_column(BigInteger)
    is_active: Mapped[bool] = mapped_column(default=True)


class BudgetUseRow(Timestamps, Base):
    """What a subject has spent in a window of time, and what is set aside for its running calls."""

    __tablename__ = "budget_uses"

    budget_id: Mapped[str] = mapped_column(Id, ForeignKey("budgets.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    window: Mapped[str] = mapped_column(String(64), primary_key=True)
    money: Mapped[int] = mapped_column(BigInteger, default=0)
    tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    steps: Mapped[int] = mapped_column(BigInteger, default=0)
    milliseconds: Mapped[int] = mapped_column(BigInteger, default=0)
    unpriced: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved_money: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved_steps: Mapped[int] = mapped_column(BigInteger, default=0)
    reserved_milliseconds: Mapped[int] = mapped_column(BigInteger, default=0)


class BudgetReservationRow(Base):
    """What a running call may still spend of a budget; void after `expires_at`, seconds since the epoch."""

    __tablename__ = "budget_reservations"
    __table_args__ = (Index("ix_budget_reservations_use", "budget_id", "subject", "window", "expires_at"),)

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    budget_id: Mapped[str] = mapped_column(Id, ForeignKey("budgets.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64))
    window: Mapped[str] = mapped_column(String(64))
    money: Mapped[int] = mapped_column(BigInteger)
    tokens: Mapped[int] = mapped_column(BigInteger)
    steps: Mapped[int] = mapped_column(BigInteger)
    milliseconds: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[float] = mapped_column(Float)
