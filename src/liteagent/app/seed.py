"""The sample that an empty installation begins with: an agent over LiteAgent's own documentation."""

from liteagent.app.resources import resource_folder
from liteagent.app.wiring import Platform
from liteagent.features.agents.schemas import AgentBody, AgentView
from liteagent.features.knowledge.schemas import DataSourceBody, DataSourceView

__all__ = ["SAMPLE_SLUG", "seed", "seed_if_empty"]

SAMPLE_SLUG = "liteagent-guide"


async def seed_if_empty(platform: Platform) -> AgentView | None:
    """Make the sample in an installation that has no user and no agent yet; None in any other."""
    if await platform.accounts.has_users():
        return None
    agents = await platform.agents.list(platform.operator, limit=1)
    return None if agents.items and agents.items[0].slug != SAMPLE_SLUG else await seed(platform)


async def seed(platform: Platform) -> AgentView:
    """The sample agent, made and its documentation indexed as far as that is missing."""
    folder = str(resource_folder("docs"))
    source = await platform.knowledge.datasources.find_by_path(platform.operator, folder)
    if source is None:
        body = DataSourceBody(name="LiteAgent documentation", source_type="file", source_path=folder)
        source = await platform.knowledge.datasources.create(platform.operator, body, trusted=True)
    if source.status == "queued" or _is_outdated(source):
        await platform.knowledge.datasources.index(platform.operator, source.id)
    agent = await platform.agents.find(platform.operator, SAMPLE_SLUG)
    return agent or await platform.agents.create(
        platform.operator,
        AgentBody(
            name="LiteAgent guide",
            slug=SAMPLE_SLUG,
            description="Answers questions about LiteAgent from its documentation.",
            system_prompt="You answer questions about LiteAgent from its own documentation.",
            datasource_ids=[source.id],
        ),
    )


def _is_outdated(source: DataSourceView) -> bool:
    """Whether the documentation is newer than its index, as after an upgrade."""
    newest = max(file.stat().st_mtime for file in resource_folder("docs").rglob("*.md"))
    return source.indexed_at is not None and source.indexed_at.timestamp() < newest
