"""`/v1`: OpenAI's wire format for agents, flows and embedding models."""

import re
from base64 import b64encode
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response

from liteagent.contracts.errors import InvalidInputError
from liteagent.features.gateway.catalogue import Catalogue
from liteagent.features.gateway.chat_asking import chat_ask
from liteagent.features.gateway.chat_schemas import ChatBody
from liteagent.features.gateway.chat_wire import chunks, completion, failure_chunk
from liteagent.features.gateway.embedding_schemas import EmbeddingsBody
from liteagent.features.gateway.embeddings import EmbeddingModels
from liteagent.features.gateway.extension import told_headers
from liteagent.features.gateway.hearing import Ending
from liteagent.features.gateway.response_asking import response_ask
from liteagent.features.gateway.response_schemas import ResponseBody
from liteagent.features.gateway.response_wire import events, failure_event, response
from liteagent.features.gateway.schemas import ModelsView, ModelView
from liteagent.features.gateway.service import GatewayService
from liteagent.features.gateway.turns import Turn
from liteagent.infra.http.dependencies import ByteStreamer, CurrentPrincipal, Idempotency, provide
from liteagent.infra.http.route import ApiRoute

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["openai"], route_class=ApiRoute)

_Gateway = Annotated[GatewayService, Depends(provide(GatewayService))]
_Catalogue = Annotated[Catalogue, Depends(provide(Catalogue))]
_Embeddings = Annotated[EmbeddingModels, Depends(provide(EmbeddingModels))]
_LastEventId = Annotated[
    str | None, Header(description="With the same Idempotency-Key: go on after this chunk of the stream.")
]
_PLACE = re.compile(r"[0-9]{1,18}")


@router.get("/models")
async def list_openai_models(catalogue: _Catalogue, principal: CurrentPrincipal) -> ModelsView:
    """Everything that `model` may name: agents, flows and embedding models."""
    return ModelsView(data=await catalogue.models(principal))


@router.get("/models/{model:path}")
async def get_openai_model(catalogue: _Catalogue, principal: CurrentPrincipal, model: str) -> ModelView:
    """One of the models."""
    return await catalogue.model(principal, model)


@router.post("/chat/completions")
async def create_chat_completion(
    gateway: _Gateway,
    principal: CurrentPrincipal,
    token: Idempotency,
    stream: ByteStreamer,
    body: ChatBody,
    last_event_id: _LastEventId = None,
) -> Response:
    """OpenAI's Chat Completions: a turn of an agent, or a run of a flow.

    The turn goes on if the client leaves: find it in its conversation, or at `/api/runs/{run_id}`.
    """
    after = _place(last_event_id)
    turn = await gateway.begin(principal, chat_ask(body), token)
    if not body.stream:
        return _json(completion(turn, await gateway.ending(principal, turn)), turn)
    include_usage = body.stream_options is not None and body.stream_options.include_usage
    said = chunks(turn, gateway.hear(principal, turn), after, include_usage=include_usage)
    return _with_headers(await stream(said, failure_chunk), turn)


@router.post("/responses")
async def create_response(
    gateway: _Gateway,
    principal: CurrentPrincipal,
    token: Idempotency,
    stream: ByteStreamer,
    body: ResponseBody,
) -> Response:
    """OpenAI's Responses: a turn of an agent, or a run of a flow, that may go on by itself."""
    ask = response_ask(body)
    if body.previous_response_id is not None:
        ask = await gateway.going_on(principal, ask, body.previous_response_id)
    turn = await gateway.begin(principal, ask, token)
    if body.stream:
        said = events(turn, gateway.hear(principal, turn), -1)
        return _with_headers(await stream(said, failure_event), turn)
    if body.background:
        return _json(orjson.dumps(response(turn, None)), turn)
    return _json(orjson.dumps(response(turn, await gateway.ending(principal, turn))), turn)


@router.get("/responses/{response_id}")
async def get_response(
    gateway: _Gateway,
    principal: CurrentPrincipal,
    stream_of: ByteStreamer,
    response_id: str,
    stream: bool = False,
    starting_after: Annotated[int, Query(ge=-1, le=2**53)] = -1,
    include_obfuscation: bool | None = None,  # noqa: ARG001  a hint of OpenAI's client
) -> Response:
    """A response as it stands, or its events from any place on."""
    turn, record = await gateway.turn_of(principal, response_id)
    if stream:
        said = events(turn, gateway.hear(principal, turn), starting_after)
        return _with_headers(await stream_of(said, failure_event), turn)
    if record.status.runnable:
        return _json(orjson.dumps(response(turn, None, record.status)), turn)
    return _json(orjson.dumps(response(turn, await _left(gateway, principal, turn))), turn)


@router.post("/responses/{response_id}/cancel")
async def cancel_response(gateway: _Gateway, principal: CurrentPrincipal, response_id: str) -> Response:
    """Stop a response; one that has ended stays as it is."""
    turn, record = await gateway.turn_of(principal, response_id)
    await gateway.cancel(principal, record)
    return _json(orjson.dumps(response(turn, await _left(gateway, principal, turn))), turn)


@router.post("/embeddings")
async def create_embeddings(
    embeddings: _Embeddings, principal: CurrentPrincipal, body: EmbeddingsBody
) -> Response:
    """Vectors of texts, made by an embedding model of the workspace."""
    texts = [body.input] if isinstance(body.input, str) else body.input
    made = await embeddings.embed(principal, body.model, texts, body.input_type, body.dimensions)
    as_text = body.encoding_format == "base64"
    vectors = [
        b64encode(row.astype("<f4").tobytes()).decode() if as_text else row.tolist() for row in made.vectors
    ]
    data = [{"object": "embedding", "index": index, "embedding": each} for index, each in enumerate(vectors)]
    tokens = made.tokens or 0
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    told = {"object": "list", "model": body.model, "data": data, "usage": usage}
    return Response(orjson.dumps(told), media_type="application/json")


async def _left(gateway: GatewayService, principal: CurrentPrincipal, turn: Turn) -> Ending | None:
    """How a turn was left, failures included."""
    ending: Ending | None = None
    async for each in gateway.hear(principal, turn):
        if isinstance(each, Ending):
            ending = each
    return ending


def _json(content: bytes, turn: Turn) -> Response:
    return Response(content, headers=told_headers(turn), media_type="application/json")


def _with_headers(answer: Response, turn: Turn) -> Response:
    answer.headers.update(told_headers(turn))
    return answer


def _place(last_event_id: str | None) -> int:
    if not last_event_id:
        return -1
    if not _PLACE.fullmatch(last_event_id):
        raise InvalidInputError(
            "Last-Event-ID is the id of a chunk of this stream, like `7`.", details={"param": "Last-Event-ID"}
        )
    return int(last_event_id)
