"""Alembic's entry: works on the connection it is handed, inside that connection's transaction."""

from typing import Literal

from alembic import context

from liteagent.app.tables import metadata
from liteagent.infra.db.base import UtcDateTime


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Migrations name no class of ours, which may be gone one day."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def main() -> None:
    """Run the migrations that the command asked for."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=False,  # the caller's transaction holds all of it
        compare_type=True,
        render_item=_render,
    )
    context.run_migrations()


main()
