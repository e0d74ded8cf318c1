"""Every table of the product, for migrations."""

from liteagent.features.accounts import models as accounts
from liteagent.features.agents import models as agents
from liteagent.features.chat import models as chat
from liteagent.features.knowledge import models as knowledge
from liteagent.features.llm_providers import models as llm_providers
from liteagent.features.runs import models as runs
from liteagent.features.workflows import models as workflows
from liteagent.infra.db import idempotency
from liteagent.infra.db.base import Base
from liteagent.infra.journal import tables as journal

__all__ = ["metadata", "modules"]

modules = (accounts, agents, chat, idempotency, journal, knowledge, llm_providers, runs, workflows)
metadata = Base.metadata
