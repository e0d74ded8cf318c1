"""The installed node types as `/api/meta/node-types` shows them."""

from collections.abc import Callable
from typing import Any, TypeVar

from liteagent.app.http.meta import NodeTypeView
from liteagent.contracts.errors import ConfigurationError
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.extensions import WorkflowExtensions, workflow_hooks
from liteagent.engine.workflow.handler import NodeKind

__all__ = ["node_types"]

T = TypeVar("T")


def node_types(extensions: WorkflowExtensions = workflow_hooks) -> list[NodeTypeView]:
    """Every node type whose package is installed, by name."""
    return [_view(kind) for name in extensions.kinds() if (kind := _kind(extensions, name)) is not None]


def _kind(extensions: WorkflowExtensions, name: str) -> NodeKind | None:
    try:
        return extensions.kind(name)
    except ConfigurationError:
        return None  # an extra of it is missing


def _view(kind: NodeKind) -> NodeTypeView:
    return NodeTypeView(
        type=kind.type,
        summary=kind.summary,
        group=kind.group,
        labels=list(_of_no_config(kind.labels, ())),
        config_schema=kind.config.model_json_schema(),
        output_schema=dict(_of_no_config(kind.output, {})),
    )


def _of_no_config(of: Callable[[Any], T], otherwise: T) -> T:
    """What holds for every config of a type, where it does not depend on one."""
    try:
        return of(Config())
    except AttributeError:
        return otherwise
