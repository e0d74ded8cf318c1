"""Epochs and waits of runs, their snapshots, the outbox, and the workers' leases."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in a batch: one that makes `runs` anew would have SQLite delete the events with the old table.
    op.add_column("runs", sa.Column("epoch", sa.Integer(), server_default="0", nullable=False))
    op.add_column("runs", sa.Column("wake_at", sa.Float(), nullable=True))
    op.drop_index("ix_runs_status", "runs")
    is_open = sa.text("status IN ('PENDING', 'RUNNING', 'WAITING_HUMAN')")
    columns = ["id", "owner", "status", "wake_at"]
    op.create_index("ix_runs_open", "runs", columns, sqlite_where=is_open, postgresql_where=is_open)
    # On SQLite that makes the table anew, with rowids.
    with op.batch_alter_table("run_events") as batch_op:
        batch_op.drop_constraint(op.f("fk_run_events_run_id"), type_="foreignkey")

    op.create_table(
        "run_snapshots",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_run_snapshots_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "seq", name=op.f("pk_run_snapshots")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_topic_due_at", ["topic", "due_at"], unique=False)

    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "commits",
        sa.Column("writer", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("(CURRENT_TIMESTAMP)"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("(CURRENT_TIMESTAMP)"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("writer", name=op.f("pk_commits")),
    )


def downgrade() -> None:
    op.drop_table("commits")
    op.drop_table("workers")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_topic_due_at")

    op.drop_table("outbox")
    op.drop_table("run_snapshots")
    with op.batch_alter_table("run_events") as batch_op:
        batch_op.create_foreign_key(
            op.f("fk_run_events_run_id"), "runs", ["run_id"], ["id"], ondelete="CASCADE"
        )
    op.drop_index("ix_runs_open", "runs")
    op.create_index("ix_runs_status", "runs", ["status"])
    op.drop_column("runs", "wake_at")
    op.drop_column("runs", "epoch")
