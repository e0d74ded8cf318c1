"""How providers are called and what they cost; what may be spent."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PROVIDERS = (
    ("headers", sa.Text(), {}),
    ("query", sa.JSON(), {"nullable": False, "server_default": "{}"}),
    ("options", sa.JSON(), {"nullable": False, "server_default": "{}"}),
    ("resilience", sa.JSON(), {"nullable": False, "server_default": "{}"}),
    ("priority", sa.Integer(), {"nullable": False, "server_default": "0"}),
    ("weight", sa.Float(), {"nullable": False, "server_default": "1"}),
    ("environment", sa.String(length=64), {}),
)


def upgrade() -> None:
    for name, kind, options in _PROVIDERS:
        op.add_column("llm_providers", sa.Column(name, kind, **options))
    _create_prices()
    _create_budgets()
    _create_uses()
    _create_reservations()


def _create_prices() -> None:
    op.create_table(
        "prices",
        sa.Column("provider_id", sa.String(length=36), nullable=True),
        sa.Column("provider_type", sa.String(length=32), nullable=True),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("input", sa.BigInteger(), nullable=False),
        sa.Column("output", sa.BigInteger(), nullable=False),
        sa.Column("cached", sa.BigInteger(), nullable=True),
        sa.Column("cache_write", sa.BigInteger(), nullable=True),
        *_owned(),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["llm_providers.id"],
            name=op.f("fk_prices_provider_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prices")),
    )
    op.create_index(op.f("ix_prices_workspace_id"), "prices", ["workspace_id"], unique=False)
    op.create_index(op.f("ix_prices_provider_id"), "prices", ["provider_id"], unique=False)


def _create_budgets() -> None:
    op.create_table(
        "budgets",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=True),
        sa.Column("period", sa.String(length=16), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in _AMOUNTS),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        *_owned(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budgets")),
    )
    op.create_index(op.f("ix_budgets_workspace_id"), "budgets", ["workspace_id"], unique=False)


_AMOUNTS = ("money", "tokens", "steps", "milliseconds")


def _create_uses() -> None:
    counted = (*_AMOUNTS, "unpriced", *(f"reserved_{name}" for name in _AMOUNTS))
    op.create_table(
        "budget_uses",
        sa.Column("budget_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("window", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in counted),
        *_times(),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budgets.id"], name=op.f("fk_budget_uses_budget_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("budget_id", "subject", "window", name=op.f("pk_budget_uses")),
    )


def _create_reservations() -> None:
    op.create_table(
        "budget_reservations",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("budget_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("window", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _AMOUNTS),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["budget_id"],
            ["budgets.id"],
            name=op.f("fk_budget_reservations_budget_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", "budget_id", name=op.f("pk_budget_reservations")),
    )
    op.create_index(
        "ix_budget_reservations_use",
        "budget_reservations",
        ["budget_id", "subject", "window", "expires_at"],
        unique=False,
    )


def _owned() -> tuple[sa.Column, ...]:
    return (
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        *_times(),
    )


def _times() -> tuple[sa.Column, ...]:
    now = sa.text("(CURRENT_TIMESTAMP)")
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
    )


def downgrade() -> None:
    for table in ("budget_reservations", "budget_uses", "budgets", "prices"):
        op.drop_table(table)
    with op.batch_alter_table("llm_providers", schema=None) as batch_op:
        for name, _, _ in _PROVIDERS:
            batch_op.drop_column(name)
