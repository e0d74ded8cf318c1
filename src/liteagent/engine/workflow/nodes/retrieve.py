"""`retrieve`: passages of data sources for a question."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import Field

from liteagent.contracts.documents import Passage
from liteagent.contracts.json import JsonObject, dump
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, EffectHandler, NodeContext, NodeKind, Outcome, Scope
from liteagent.engine.workflow.nodes.calling import reads_secrets, shortened
from liteagent.engine.workflow.nodes.fields import template_of
from liteagent.engine.workflow.services import Services

__all__ = ["RETRIEVE", "RetrieveConfig"]


class RetrieveConfig(Config):
    """What is searched for, and where."""

    query: str = Field(
        default="{{ output }}", min_length=1, description="What to search for. May contain {{ expressions }}."
    )
    datasources: list[str] = Field(min_length=1, description="Names or ids of the data sources to search.")
    top_k: int = Field(default=5, ge=1, le=100, description="How many passages to find, at most.")


class _RetrieveHandler(EffectHandler):
    safety = Safety.SAFE

    def __init__(self, config: RetrieveConfig, compiling: Compiling) -> None:
        self._socket = compiling.services.retrieve
        self._query = template_of("query", config.query)
        self._ids = _ids(config, compiling)
        self._top_k = config.top_k
        self.names = self._query.names

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        del context  # a search needs no key
        search = Services.required(
            self._socket, "retrieval", "Give `Services(retrieve=...)`, or run the flow on a server."
        )
        query = self._query.render(scope).strip()
        found = await search(self._ids, query, self._top_k) if query else ()
        output = {"passages": [dump(each) for each in found], "text": _text(found)}
        shown = {} if reads_secrets(self.names) else {"query": shortened(query)}
        return Outcome(output, detail={**shown, "found": len(found)})


def _ids(config: RetrieveConfig, compiling: Compiling) -> tuple[str, ...]:
    pin = compiling.pins.get(compiling.node.id)
    pinned = pin.get("datasource_ids") if isinstance(pin, Mapping) else None
    return tuple(cast("Sequence[str]", pinned)) if pinned is not None else tuple(config.datasources)


def _text(found: Sequence[Passage]) -> str:
    """The passages as a prompt takes them: numbered, each under the name of its document."""
    return "\n\n".join(
        f"[{number}] {' > '.join((each.document.name, *each.heading))}\n{each.text}"
        for number, each in enumerate(found, start=1)
    )


def _output(_config: Any) -> JsonObject:
    passage = {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "document": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
            },
            "datasource_id": {"type": "string"},
            "chunk_id": {"type": "string"},
            "start": {"type": "integer"},
            "end": {"type": "integer"},
            "score": {"type": "number"},
            "heading": {"type": "array", "items": {"type": "string"}},
        },
    }
    return {
        "type": "object",
        "properties": {"passages": {"type": "array", "items": passage}, "text": {"type": "string"}},
        "required": ["passages", "text"],
    }


RETRIEVE = NodeKind(
    type="retrieve",
    summary="Finds passages in data sources.",
    config=RetrieveConfig,
    make=_RetrieveHandler,
    output=_output,
    group="data",
)
