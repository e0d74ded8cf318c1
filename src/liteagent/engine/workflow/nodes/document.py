"""`document`: the text of stored documents."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, EffectHandler, NodeContext, NodeKind, Outcome, Scope
from liteagent.engine.workflow.nodes.fields import names_in
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.templates import render_value

__all__ = ["DOCUMENT", "DocumentConfig"]

_BETWEEN = "\n\n"


class DocumentConfig(Config):
    """Which documents."""

    datasource: str = Field(min_length=1, description="Name or id of the data source that holds them.")
    documents: str | list[str] = Field(
        min_length=1,
        description=(
            "Ids of the documents: a list, or one text that may come to a list. "
            "Texts may contain {{ expressions }}."
        ),
    )
    max_chars: int = Field(
        default=100_000, ge=1, le=10_000_000, description="How many characters to read, at most."
    )


class _DocumentHandler(EffectHandler):
    safety = Safety.SAFE

    def __init__(self, config: DocumentConfig, compiling: Compiling) -> None:
        self._socket = compiling.services.document
        self._datasource = _datasource(config, compiling)
        self._documents = config.documents
        self._max_chars = config.max_chars
        self.names = names_in("documents", config.documents)

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        """The documents' text, one after the other.

        Raises:
            NotFoundError: There is no such document.
        """
        del context  # a read needs no key
        read = Services.required(
            self._socket, "documents", "Give `Services(document=...)`, or run the flow on a server."
        )
        ids, texts, left = _ids(render_value(self._documents, scope)), list[str](), self._max_chars
        for document_id in ids:
            if left <= 0:
                break
            texts.append(await read(self._datasource, document_id))
            left -= len(texts[-1]) + len(_BETWEEN)
        whole = _BETWEEN.join(texts)
        cut = len(texts) < len(ids) or len(whole) > self._max_chars
        return Outcome(whole[: self._max_chars], detail={"documents": ids, "cut": cut})


def _datasource(config: DocumentConfig, compiling: Compiling) -> str:
    pin = compiling.pins.get(compiling.node.id)
    pinned = pin.get("datasource_id") if isinstance(pin, Mapping) else None
    return config.datasource if pinned is None else str(pinned)


def _ids(value: JsonValue) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    if wrong := [each for each in listed if not isinstance(each, str) or not each]:
        kind = type(wrong[0]).__name__
        raise InvalidInputError(
            f"`documents` comes to a {kind} where an id should be. Give ids of documents, as text.",
            details={"field": "documents"},
        )
    return [str(each) for each in listed]


def _output(_config: Any) -> JsonObject:
    return {"type": "string"}


DOCUMENT = NodeKind(
    type="document",
    summary="Reads the text of documents.",
    config=DocumentConfig,
    make=_DocumentHandler,
    output=_output,
    group="data",
)
