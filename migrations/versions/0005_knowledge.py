"""What documents are made into: generations of chunks, vectors, outlines, stages, schedules."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SOURCES = (
    ("config", sa.JSON(), {"nullable": False, "server_default": "{}"}),
    ("secrets", sa.Text(), {}),
    ("embedding", sa.JSON(), {}),
    ("language", sa.String(length=32), {"nullable": False, "server_default": "auto"}),
    ("retrieval", sa.JSON(), {"nullable": False, "server_default": "{}"}),
    ("generation", sa.Integer(), {"nullable": False, "server_default": "0"}),
    ("made_with", sa.JSON(), {}),
    ("total", sa.Integer(), {"nullable": False, "server_default": "0"}),
    ("done", sa.Integer(), {"nullable": False, "server_default": "0"}),
    ("watch", sa.Boolean(), {"nullable": False, "server_default": "0"}),
    ("sync_every", sa.Integer(), {}),
    ("next_sync_at", sa.Float(), {}),
)
_DOCUMENTS = (
    ("stage", sa.String(length=16), {}),
    ("percent", sa.Integer(), {"nullable": False, "server_default": "0"}),
    ("attempts", sa.Integer(), {"nullable": False, "server_default": "0"}),
    ("url", sa.String(length=4000), {}),
    ("source_version", sa.String(length=400), {}),
    ("details", sa.JSON(), {"nullable": False, "server_default": "{}"}),
    ("outline", sa.JSON(), {"nullable": False, "server_default": "{}"}),
)
_CHUNKS = (
    ("generation", sa.Integer(), {"nullable": False, "server_default": "0"}),
    ("page", sa.Integer(), {}),
    ("parent_start", sa.Integer(), {}),
    ("parent_end", sa.Integer(), {}),
    ("context", sa.Text(), {"nullable": False, "server_default": ""}),
)
_TERMS = (
    ("generation", sa.Integer(), {"nullable": False, "server_default": "0"}),
    ("space", sa.String(length=400), {}),
    ("keys", sa.LargeBinary(), {}),
)
_ADDED = {"data_sources": _SOURCES, "documents": _DOCUMENTS, "chunks": _CHUNKS, "lexical_terms": _TERMS}


def upgrade() -> None:
    for table, columns in _ADDED.items():
        for name, kind, options in columns:
            op.add_column(table, sa.Column(name, kind, **options))
    _set_keys(chunks=["id", "generation"], terms=["document_id", "generation"])
    op.create_index("ix_data_sources_next_sync_at", "data_sources", ["next_sync_at"], unique=False)
    op.create_index(
        "ix_documents_datasource_id_fingerprint", "documents", ["datasource_id", "fingerprint"], unique=False
    )
    op.create_table(
        "document_vectors",
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("space", sa.String(length=400), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
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
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_document_vectors_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", "space", name=op.f("pk_document_vectors")),
    )


def downgrade() -> None:
    op.drop_table("document_vectors")
    op.drop_index("ix_documents_datasource_id_fingerprint", table_name="documents")
    op.drop_index("ix_data_sources_next_sync_at", table_name="data_sources")
    op.execute("DELETE FROM chunks WHERE generation > 0")
    op.execute("DELETE FROM lexical_terms WHERE generation > 0")
    _set_keys(chunks=["id"], terms=["document_id"])
    for table, columns in _ADDED.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, _, _ in columns:
                batch_op.drop_column(name)


def _set_keys(chunks: list[str], terms: list[str]) -> None:
    for table, columns in (("chunks", chunks), ("lexical_terms", terms)):
        with op.batch_alter_table(table, recreate="auto") as batch_op:
            batch_op.drop_constraint(op.f(f"pk_{table}"), type_="primary")
            batch_op.create_primary_key(op.f(f"pk_{table}"), columns)
