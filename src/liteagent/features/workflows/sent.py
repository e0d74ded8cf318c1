"""A flow document as a client sends it: JSON or YAML, read strictly, and never run by reading it."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import Depends
from starlette.datastructures import Headers
from starlette.requests import Request

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonValue
from liteagent.engine.workflow.document import from_json, from_yaml
from liteagent.engine.workflow.problems import Places
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.infra.http import strict_json
from liteagent.infra.http.body import StrictRequest, media_type
from liteagent.infra.http.route import ApiRoute

__all__ = ["CHANGES_BODY", "DOCUMENT_BODY", "DocumentRoute", "Sent", "SentDocument", "wants_yaml"]

_YAML = frozenset({"text/yaml", "text/x-yaml", "application/yaml", "application/x-yaml"})

_OBJECT = {"type": "object", "additionalProperties": True}
_DOCUMENT: dict[str, Any] = {
    "title": "FlowDocument",
    "type": "object",
    "additionalProperties": False,
    "required": ["liteagent", "id", "nodes"],
    "properties": {
        "liteagent": {"const": 1, "description": "Version of the format."},
        "id": {"type": "string", "maxLength": 100, "description": "Its slug."},
        "name": {"type": "string"},
        "description": {"type": "string"},
        "inputs": {**_OBJECT, "description": "`name: type`, or `{type, required, default, options}`."},
        "limits": {**_OBJECT, "description": "`steps`, `seconds`, `depth`, `cost`."},
        "nodes": {**_OBJECT, "description": "By id: `type`, and what GET /api/meta/node-types says of it."},
        "edges": {"type": "array", "items": {}, "description": "`a -> b -> c`, or `{a -> b: label}`."},
        "layout": {**_OBJECT, "description": "`[x, y]` by node id."},
    },
}


def _body(**changes: Any) -> dict[str, Any]:
    content = {
        "application/json": {"schema": {**_DOCUMENT, **changes}},
        "text/yaml": {"schema": {"type": "string", "title": "FlowFile"}},
    }
    return {"requestBody": {"required": True, "description": "A flow document.", "content": content}}


DOCUMENT_BODY = _body()
"""How a document stands in the OpenAPI document."""

CHANGES_BODY = _body(required=[], title="FlowSections")
"""How some sections of one stand there."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A document's text as it came."""

    text: str
    is_yaml: bool

    def definition(self) -> WorkflowDefinition:
        """What the document says; nothing but its shape is checked.

        Raises:
            InvalidInputError: It cannot be read, or its shape is wrong; the details name each place.
        """
        return from_yaml(self.text) if self.is_yaml else from_json(self.text)

    def data(self) -> JsonValue:
        """The document as data, for one that is only a part.

        Raises:
            InvalidInputError: It cannot be read.
        """
        if not self.is_yaml:
            return strict_json.parse(self.text.encode())
        from liteagent.engine.workflow.yaml_document import read_yaml

        return read_yaml(self.text).data

    def places(self) -> Places:
        """Where the fields of a YAML text stand; nothing for JSON, whose lines nobody reads."""
        if not self.is_yaml:
            return {}
        from liteagent.engine.workflow.yaml_document import read_yaml

        return read_yaml(self.text).places


class DocumentRoute(ApiRoute):
    """A route whose body is a flow document, as JSON or as YAML."""

    max_body_bytes: ClassVar[int] = 4 * 1024 * 1024

    def _reader(self) -> Any:
        return _read


async def _read(request: StrictRequest) -> None:
    if media_type(request.headers) not in _YAML:
        await request.check_json()


async def _sent(request: Request) -> Sent:
    raw = await request.body()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError(
            "The document is not UTF-8. Save it as UTF-8.", code="workflow_unreadable"
        ) from None
    if not text.strip():
        raise InvalidInputError(
            "There is no document. Send a flow as JSON or, with `Content-Type: text/yaml`, as YAML.",
            code="workflow_unreadable",
        )
    return Sent(text, media_type(request.headers) in _YAML)


def wants_yaml(headers: Headers) -> bool:
    """Whether the client asks for YAML."""
    accepted = (each.partition(";")[0].strip().lower() for each in headers.get("accept", "").split(","))
    return any(each in _YAML for each in accepted)


SentDocument = Annotated[Sent, Depends(_sent)]
"""The document in the body of a `DocumentRoute`."""
