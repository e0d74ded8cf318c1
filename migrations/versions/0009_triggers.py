"""What starts runs by itself or tells others of them, and what each of these did."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "triggers",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("workflow_id", sa.String(length=36), nullable=True),
        sa.Column("agent_id", sa.String(length=36), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("inputs", sa.JSON(), nullable=True),
        sa.Column("overlap", sa.String(length=16), nullable=False),
        sa.Column("cron", sa.String(length=200), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=True),
        sa.Column("catch_up", sa.String(length=16), nullable=False),
        sa.Column("catch_up_limit", sa.Integer(), nullable=False),
        sa.Column("next_run_at", sa.Float(), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("token_hint", sa.String(length=8), nullable=True),
        sa.Column("signature", sa.String(length=16), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("previous_token", sa.String(length=64), nullable=True),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_until", sa.Float(), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("watched", sa.JSON(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        *_times(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triggers")),
    )
    op.create_index("ix_triggers_next_run_at", "triggers", ["next_run_at"], unique=False)
    op.create_index("ix_triggers_token", "triggers", ["token"], unique=True)
    op.create_index("ix_triggers_previous_token", "triggers", ["previous_token"], unique=False)
    op.create_index(op.f("ix_triggers_workspace_id"), "triggers", ["workspace_id"], unique=False)
    op.create_table(
        "trigger_deliveries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("trigger_id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=True),
        sa.Column("event", sa.String(length=48), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("request", sa.JSON(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("response_text", sa.Text(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("settled_at", sa.Float(), nullable=True),
        *_times(),
        sa.ForeignKeyConstraint(
            ["trigger_id"],
            ["triggers.id"],
            name=op.f("fk_trigger_deliveries_trigger_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger_deliveries")),
        sa.UniqueConstraint("trigger_id", "key", name=op.f("uq_trigger_deliveries_trigger_id_key")),
    )
    for columns in (("trigger_id", "id"), ("trigger_id", "proof"), ("status", "due_at"), ("settled_at",)):
        name = f"ix_trigger_deliveries_{'_'.join(columns)}"
        op.create_index(name, "trigger_deliveries", list(columns), unique=False)


def _times() -> tuple[sa.Column, ...]:
    now = sa.text("(CURRENT_TIMESTAMP)")
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("trigger_deliveries")
    op.drop_table("triggers")
