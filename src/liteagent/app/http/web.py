"""The web interface: the static bundle that the package carries, served compressed as it lies there."""

import gzip
import json
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TypedDict

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["WebInterface", "bundle_folder"]


class _Manner(TypedDict):
    """How the bundle is served, wherever it is: web/scripts/serve.mjs reads the same file."""

    reserved: list[str]
    """First parts of paths that are the server's own."""
    policy: list[str]
    types: dict[str, str]


_MANNER: _Manner = json.loads(files(__package__ or "").joinpath("web.json").read_text("utf-8"))
_RESERVED = frozenset(_MANNER["reserved"])
_POLICY = "; ".join(_MANNER["policy"])
_MISSING = "/404.html"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


def bundle_folder() -> Path:
    """Where the bundle lies in the package; it is not there in a checkout that has not built it."""
    return Path(str(files("liteagent"))) / "_web"


@dataclass(frozen=True, slots=True)
class _File:
    """One file of the bundle, in each encoding that it lies there in (`""` is as it is)."""

    media_type: str
    etag: str
    bodies: Mapping[str, bytes]

    def body(self, accepted: str) -> tuple[str, bytes]:
        """The first encoding that a client takes, with its bytes; unpacked for one that takes none."""
        for name, _ in _ENCODINGS:
            if name in self.bodies and name in accepted:
                return name, self.bodies[name]
        if "" in self.bodies:
            return "", self.bodies[""]
        return "", gzip.decompress(self.bodies["gzip"])


class WebInterface:
    """Middleware that answers GET with the interface wherever the path is none of the server's own.

    Args:
        app: Answers everything else; and all, where there is no bundle.
        folder: What the web build wrote. Its files are held in memory, about 2 MB: no path of a request ever
            meets the disk.
    """

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        self._app = app
        self._files = dict(_read(folder))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it."""
        answer = None
        if scope["type"] == "http" and scope["method"] == "GET":
            answer = self._answer(scope["path"], Headers(scope=scope))
        await (answer or self._app)(scope, receive, send)

    def _answer(self, path: str, asked: Headers) -> Response | None:
        """The file that a path names; what is not there is told with a page to browsers only."""
        if path.partition("/")[2].partition("/")[0] in _RESERVED:
            return None
        tried = ("/index.html",) if path == "/" else (path, f"{path}.html", f"{path}/index.html")
        found = next((each for each in tried if each in self._files), None)
        if found is None and _MISSING in self._files and "text/html" in asked.get("accept", ""):
            found = _MISSING
        return None if found is None else _response(found, self._files[found], asked)


def _response(path: str, file: _File, asked: Headers) -> Response:
    headers = {
        "ETag": file.etag,
        "Vary": "Accept-Encoding",
        "Cache-Control": _FOREVER if path.startswith("/_next/static/") else _ASK_AGAIN,
        "Content-Security-Policy": _POLICY,
    }
    status = 404 if path == _MISSING else 200
    if status == 200 and _known(asked, file.etag):
        return Response(status_code=304, headers=headers)
    encoding, body = file.body(asked.get("accept-encoding", ""))
    if encoding:
        headers["Content-Encoding"] = encoding
    return Response(body, status, headers, file.media_type)


def _known(headers: Headers, etag: str) -> bool:
    asked = [each.strip().removeprefix("W/") for each in headers.get("if-none-match", "").split(",")]
    return etag in asked


def _read(folder: Path) -> Iterator[tuple[str, _File]]:
    bodies: dict[str, dict[str, bytes]] = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file():
            name, encoding = _split(f"/{path.relative_to(folder).as_posix()}")
            bodies.setdefault(name, {})[encoding] = path.read_bytes()
    for name, by_encoding in bodies.items():
        one = by_encoding[min(by_encoding)]
        yield name, _File(_media_type(name), f'"{sha256(one).hexdigest()[:24]}"', by_encoding)


def _split(name: str) -> tuple[str, str]:
    for encoding, suffix in _ENCODINGS:
        if name.endswith(suffix):
            return name.removesuffix(suffix), encoding
    return name, ""


def _media_type(name: str) -> str:
    suffix = f".{name.rpartition('.')[2]}"
    return _MANNER["types"].get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
