"""Where a workspace's tools come from, and what was found there."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tool_sources",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=24), nullable=False),
        sa.Column("source_type", sa.String(length=32), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("allowed", sa.JSON(), nullable=True),
        sa.Column("approvals", sa.JSON(), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        *_times(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_sources")),
        sa.UniqueConstraint("workspace_id", "slug", name=op.f("uq_tool_sources_workspace_id_slug")),
    )
    op.create_index(op.f("ix_tool_sources_workspace_id"), "tool_sources", ["workspace_id"], unique=False)
    op.create_table(
        "found_tools",
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("accepted", sa.JSON(), nullable=True),
        sa.Column("accepted_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("missing", sa.Boolean(), nullable=False),
        *_times(),
        sa.ForeignKeyConstraint(
            ["source_id"], ["tool_sources.id"], name=op.f("fk_found_tools_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "name", name=op.f("pk_found_tools")),
    )


def _times() -> tuple[sa.Column, ...]:
    now = sa.text("(CURRENT_TIMESTAMP)")
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("found_tools")
    op.drop_table("tool_sources")
