"""A flow document in another of its faces: YAML, Python, JSON."""

from collections.abc import Callable, Mapping

from liteagent.engine.workflow.document import from_document, from_yaml, to_json, to_yaml
from liteagent.engine.workflow.python_source import to_python
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.features.workflows.schemas import ConversionView, ConvertBody

__all__ = ["converted"]

_FACES: Mapping[str, Callable[[WorkflowDefinition], str]] = {
    "yaml": to_yaml,
    "python": to_python,
    "json": to_json,
}


def converted(body: ConvertBody) -> ConversionView:
    """The document's text in the face that is asked for; nothing of it is run or kept.

    Raises:
        InvalidInputError: It cannot be read, or its shape is wrong; or it has a node that the face cannot
            hold.
    """
    sent = body.document
    definition = from_yaml(sent) if isinstance(sent, str) else from_document(sent)
    return ConversionView(to=body.to, text=_FACES[body.to](definition))
