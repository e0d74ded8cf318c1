"""`WS /api/chat/ws`: chat over one connection.

The first frame says who speaks: `{"type": "auth", "token": …}`. After that, in any order and side by side,

    {"type": "chat", …as the body of POST /api/chat…}     starts a turn and streams it
    {"type": "follow", "run_id": …, "last_event_id": …}   goes on with a turn's stream after a break
    {"type": "stop", "run_id": …}                         cancels a turn
    {"type": "answer", "run_id": …, "answer": …}          answers what a turn asks and streams how it goes on

The server sends the frames of the event stream as `{"id", "type", "data"}`; what goes wrong with one frame is
answered with a frame of type `error`, and the connection stays open.
"""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import anyio
import structlog
from anyio.abc import TaskGroup
from fastapi import APIRouter
from pydantic import BaseModel, JsonValue, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from liteagent.contracts.errors import InvalidInputError, LiteAgentError, NotAuthenticatedError
from liteagent.contracts.identity import Principal
from liteagent.features.chat.schemas import ChatBody
from liteagent.features.chat.service import ChatService
from liteagent.features.runs.following import Cursor
from liteagent.features.runs.service import RunService
from liteagent.infra.http.frames import Frame
from liteagent.infra.http.route import Authenticator
from liteagent.infra.http.schemas import Body, Identifier
from liteagent.infra.http.scopes import require_scope
from liteagent.infra.http.strict_json import canonical, parse

__all__ = ["router"]

M = TypeVar("M", bound=BaseModel)

_AUTH_SECONDS = 10.0
_POLICY_VIOLATION = 1008

_log = structlog.stdlib.get_logger(__name__)

router = APIRouter(prefix="/api/chat", tags=["chat"])


class _Follow(Body):
    run_id: Identifier
    last_event_id: Identifier | None = None


class _Stop(Body):
    run_id: Identifier


class _Answer(Body):
    run_id: Identifier
    answer: JsonValue
    request_id: Identifier | None = None


@router.websocket("/ws")
async def chat_socket(socket: WebSocket) -> None:
    """Chat over one connection."""
    await socket.accept()
    try:
        principal = await _authenticate(socket)
    except WebSocketDisconnect:
        return
    except LiteAgentError as error:
        await socket.send_text(_error(error))
        await socket.close(_POLICY_VIOLATION)
        return
    async with anyio.create_task_group() as group:
        try:
            await _Connection(socket, principal, group).listen()
        except WebSocketDisconnect:
            group.cancel_scope.cancel()


async def _authenticate(socket: WebSocket) -> Principal:
    authenticator: Authenticator = socket.app.state.authenticator
    try:
        with anyio.fail_after(_AUTH_SECONDS):
            frame = _object(await socket.receive_text())
    except TimeoutError:
        raise NotAuthenticatedError('Send {"type": "auth", "token": …} first.') from None
    token = frame.get("token")
    if frame.get("type") != "auth" or not isinstance(token, str):
        raise NotAuthenticatedError('Send {"type": "auth", "token": …} first.')
    principal = await authenticator.authenticate(f"Bearer {token}")
    require_scope(principal, "POST", "/api/chat")
    return principal


class _Connection:
    """One signed-in client."""

    def __init__(self, socket: WebSocket, principal: Principal, group: TaskGroup) -> None:
        self._socket = socket
        self._principal = principal
        self._group = group
        self._chat: ChatService = socket.app.state.services[ChatService]
        self._runs: RunService = socket.app.state.services[RunService]

    async def listen(self) -> None:
        while True:
            text = await self._socket.receive_text()
            try:
                frame = _object(text)
                await self._obey(str(frame.get("type")), {k: v for k, v in frame.items() if k != "type"})
            except LiteAgentError as error:
                await self._send(_error(error))

    async def _obey(self, kind: str, body: Mapping[str, Any]) -> None:
        match kind:
            case "chat":
                turn = await self._chat.send(self._principal, _read(ChatBody, body))
                self._group.start_soon(self._stream, turn.run_id, Cursor())
            case "follow":
                follow = _read(_Follow, body)
                self._group.start_soon(self._stream, follow.run_id, Cursor.parse(follow.last_event_id))
            case "stop":
                await self._runs.cancel(self._principal, _read(_Stop, body).run_id)
            case "answer":
                answer = _read(_Answer, body)
                seen = (await self._runs.get(self._principal, answer.run_id)).seq
                await self._runs.answer(self._principal, answer.run_id, answer.answer, answer.request_id)
                self._group.start_soon(self._stream, answer.run_id, Cursor(seen))
            case _:
                raise InvalidInputError(f"There is no frame of type {kind!r}: chat, follow, stop or answer.")

    async def _stream(self, run_id: str, cursor: Cursor) -> None:
        try:
            async for frame in await self._runs.follow(self._principal, run_id, cursor):
                await self._send(_text(frame))
        except LiteAgentError as error:
            await self._send(_error(error))
        except Exception:  # noqa: BLE001  one stream's misfortune must not end the connection
            _log.exception("streaming a run over a WebSocket", run_id=run_id)

    async def _send(self, text: str) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            await self._socket.send_text(text)


def _object(text: str) -> dict[str, Any]:
    value = parse(text.encode("utf-8", "surrogatepass"))
    if not isinstance(value, dict):
        raise InvalidInputError("A frame is a JSON object.", code="invalid_json")
    return cast("dict[str, Any]", value)


def _read(model: type[M], body: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(dict(body))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(f"{place or 'frame'}: {first['msg']}.") from None


def _text(frame: Frame) -> str:
    return canonical({"id": frame.id, "type": frame.type, "data": frame.data}).decode()


def _error(error: LiteAgentError) -> str:
    return canonical({"id": None, "type": "error", "data": {"error": error.to_json()}}).decode()
