"""LiteAgent: chatbots and 12-factor agents over your documents, as a library and as a platform.

Every name below is imported on first use, so that `import liteagent` costs next to nothing.
"""

TYPE_CHECKING = False  # what type checkers take for true; importing `typing` for it would cost the most here

if TYPE_CHECKING:
    from liteagent.app.embedded import LiteAgent
    from liteagent.engine.agent.human import request_human_input
    from liteagent.engine.agent.memory import (
        create_sliding_window_memory,
        create_summary_memory,
        create_token_limited_memory,
    )
    from liteagent.engine.agent.prompts import Prompts
    from liteagent.engine.agent.rag_agent import RAGAgent
    from liteagent.engine.agent.state import AgentState
    from liteagent.engine.agent.tools import ToolContext, tool
    from liteagent.engine.agent.twelve_factor_agent import Agent, TwelveFactorAgent
    from liteagent.engine.agent.types import (
        AgentStatus,
        AgentStep,
        HumanContactRequest,
        StepType,
        ToolDefinition,
    )
    from liteagent.engine.rag.chunker import create_chunker
    from liteagent.engine.rag.embeddings import create_embedder
    from liteagent.engine.rag.retriever import create_retriever
    from liteagent.engine.rag.vector_store import create_vector_store
    from liteagent.engine.workflow.builder import WorkflowBuilder
    from liteagent.engine.workflow.engine import WorkflowEngine
    from liteagent.engine.workflow.extensions import workflow_hooks
    from liteagent.engine.workflow.state import WorkflowDefinition, WorkflowState
    from liteagent.engine.workflow.types import (
        Edge,
        NodeDefinition,
        NodeExecution,
        NodeType,
        WorkflowStatus,
    )
    from liteagent.providers.llm.llm_provider import LLMProvider
    from liteagent.providers.llm.registry import LLMProviderFactory, ProviderType, llm_registry

    __version__: str

__all__ = [
    "Agent",
    "AgentState",
    "AgentStatus",
    "AgentStep",
    "Edge",
    "HumanContactRequest",
    "LLMProvider",
    "LLMProviderFactory",
    "LiteAgent",
    "NodeDefinition",
    "NodeExecution",
    "NodeType",
    "Prompts",
    "ProviderType",
    "RAGAgent",
    "StepType",
    "ToolContext",
    "ToolDefinition",
    "TwelveFactorAgent",
    "WorkflowBuilder",
    "WorkflowDefinition",
    "WorkflowEngine",
    "WorkflowState",
    "WorkflowStatus",
    "__version__",
    "create_chunker",
    "create_embedder",
    "create_retriever",
    "create_sliding_window_memory",
    "create_summary_memory",
    "create_token_limited_memory",
    "create_vector_store",
    "llm_registry",
    "request_human_input",
    "tool",
    "workflow_hooks",
]

_HOMES = {
    "Agent": "liteagent.engine.agent.twelve_factor_agent",
    "AgentState": "liteagent.engine.agent.state",
    "AgentStatus": "liteagent.engine.agent.types",
    "AgentStep": "liteagent.engine.agent.types",
    "Edge": "liteagent.engine.workflow.types",
    "HumanContactRequest": "liteagent.engine.agent.types",
    "LLMProvider": "liteagent.providers.llm.llm_provider",
    "LLMProviderFactory": "liteagent.providers.llm.registry",
    "LiteAgent": "liteagent.app.embedded",
    "NodeDefinition": "liteagent.engine.workflow.types",
    "NodeExecution": "liteagent.engine.workflow.types",
    "NodeType": "liteagent.engine.workflow.types",
    "Prompts": "liteagent.engine.agent.prompts",
    "ProviderType": "liteagent.providers.llm.registry",
    "RAGAgent": "liteagent.engine.agent.rag_agent",
    "StepType": "liteagent.engine.agent.types",
    "ToolContext": "liteagent.engine.agent.tools",
    "ToolDefinition": "liteagent.engine.agent.types",
    "TwelveFactorAgent": "liteagent.engine.agent.twelve_factor_agent",
    "WorkflowBuilder": "liteagent.engine.workflow.builder",
    "WorkflowDefinition": "liteagent.engine.workflow.state",
    "WorkflowEngine": "liteagent.engine.workflow.engine",
    "WorkflowState": "liteagent.engine.workflow.state",
    "WorkflowStatus": "liteagent.engine.workflow.types",
    "create_chunker": "liteagent.engine.rag.chunker",
    "create_embedder": "liteagent.engine.rag.embeddings",
    "create_retriever": "liteagent.engine.rag.retriever",
    "create_sliding_window_memory": "liteagent.engine.agent.memory",
    "create_summary_memory": "liteagent.engine.agent.memory",
    "create_vector_store": "liteagent.engine.rag.vector_store",
    "create_token_limited_memory": "liteagent.engine.agent.memory",
    "llm_registry": "liteagent.providers.llm.registry",
    "request_human_input": "liteagent.engine.agent.human",
    "tool": "liteagent.engine.agent.tools",
    "workflow_hooks": "liteagent.engine.workflow.extensions",
}


if not TYPE_CHECKING:  # or else every misspelt name would pass the type checker

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version

            value: object = version("liteagent")
        elif name in _HOMES:
            from importlib import import_module

            value = getattr(import_module(_HOMES[name]), name)
        else:
            raise AttributeError(f"module 'liteagent' has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
