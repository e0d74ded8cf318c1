"""Every table of the product, for migrations."""

from liteagent.features.accounts import models as accounts
from liteagent.features.agents import models as agents
from liteagent.features.budgets import models as budgets
from liteagent.features.chat import models as chat
from liteagent.features.knowledge import models as knowledge
from liteagent.features.llm_providers import models as llm_providers
from liteagent.features.runs import models as runs
from liteagent.features.tools import models as tools
from liteagent.features.triggers import models as triggers
from liteagent.features.workflows import models as workflows
from liteagent.infra.db import idempotency
from liteagent.infra.db.base import Base
from liteagent.infra.journal import tables as journal

__all__ = ["metadata", "modules"]

modules = (
    accounts,
    agents,
    budgets,
    chat,
    idempotency,
    journal,
    knowledge,
    llm_providers,
    runs,
    tools,
    triggers,
    workflows,
)
metadata = Base.metadata
