"""A door to a server that can lose an answer: the server has done what was asked, and nobody learns so."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType


class LosingProxy:
    """Forwards connections to a port of the loopback.

    Attributes:
        port: Where it listens.
        lost: How many answers it has lost.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.lost = 0
        self._pattern: bytes | None = None
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def lose_the_answer_to(self, pattern: bytes) -> None:
        """Of the next request with these bytes the answer is lost, and the connection with it."""
        self._pattern = pattern

    def __enter__(self) -> "LosingProxy":
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (self._listener, *self._open):
            _end(each)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._open += [client, server]
            doomed = threading.Event()
            self._spawn(self._requests, client, server, doomed)
            self._spawn(self._answers, server, client, doomed)

    def _requests(self, client: socket.socket, server: socket.socket, doomed: threading.Event) -> None:
        while data := _received(client):
            if self._pattern is not None and self._pattern in data:
                self._pattern = None
                doomed.set()
            _sent(server, data)
        _end(server)

    def _answers(self, server: socket.socket, client: socket.socket, doomed: threading.Event) -> None:
        while data := _received(server):
            if doomed.is_set():
                self.lost += 1
                break
            _sent(client, data)
        _end(server)
        _end(client)

    def _spawn(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""


def _sent(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except OSError:
        _end(connection)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
