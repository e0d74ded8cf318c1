"""What agents fall back on, are watched for, look up and hand over to; summaries of conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AGENTS = (
    ("fallbacks", sa.JSON(), {"nullable": False, "server_default": "[]"}),
    ("strategy", sa.String(length=16), {"nullable": False, "server_default": "priority"}),
    ("output_schema", sa.JSON(), {}),
    ("guardrails", sa.JSON(), {"nullable": False, "server_default": "{}"}),
    ("agents", sa.JSON(), {"nullable": False, "server_default": "[]"}),
    ("prefetch", sa.JSON(), {"nullable": False, "server_default": "[]"}),
    ("warnings", sa.JSON(), {"nullable": False, "server_default": "[]"}),
)


def upgrade() -> None:
    for name, kind, options in _AGENTS:
        op.add_column("agents", sa.Column(name, kind, **options))
    op.add_column("conversations", sa.Column("summary", sa.JSON()))


def downgrade() -> None:
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_column("summary")
    with op.batch_alter_table("agents", schema=None) as batch_op:
        for name, _, _ in _AGENTS:
            batch_op.drop_column(name)
