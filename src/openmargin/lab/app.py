"""The lab as an ASGI application.

Never: decides; it reads a request, has its handler called, and prints the answer or the refusal.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path as FilePath
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import msgspec
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route as StarletteRoute

from openmargin.lab import openapi
from openmargin.lab.bench import Bench, Path
from openmargin.lab.errors import Refused
from openmargin.lab.routes import ROUTES, Route
from openmargin.lab.shapes import Answer, Body, Download, Refusal, Upload
from openmargin.runtime.errors import Draining, TimedOut, Unavailable

BODY_BYTES_MAX: Final = 65_536

Document: TypeAlias = Callable[[], bytes]

_log = logging.getLogger(__name__)


def lab_app(bench: Bench, documents: Mapping[str, Document]) -> Starlette:
    """The application that serves `/lab/*` for one exchange, and beside it JSON documents by their paths."""
    app = Starlette(
        routes=[
            *(
                StarletteRoute(route.path, _endpoint(bench, route), methods=[route.method])
                for route in ROUTES
            ),
            *(
                StarletteRoute(path, _serve(document))
                for path, document in {"/lab/openapi.json": openapi.document, **documents}.items()
            ),
        ],
        exception_handlers={HTTPException: _no_such_word},
    )
    # A request with a body would not follow, and one without deserves to hear which address there is.
    app.router.redirect_slashes = False
    return app


def _endpoint(bench: Bench, route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            path = _path(request)
            if route.body is Upload:
                return await _take_file(request, lambda body: route.handle(bench, path, body))
            body = None if route.body is None else await _body(request, route.body)
            answer = await route.handle(bench, path, body)
            return _file(answer) if isinstance(answer, Download) else _json(200, answer)
        except Refused as refusal:
            return _refusal(refusal.status, refusal.error, refusal.hint)
        except (Unavailable, Draining):
            hint = "ask again if another timeline is served by now; else see what the server printed"
            return _refusal(503, "the exchange accepts nothing more", hint)
        except TimedOut:
            return _refusal(
                504, "the disk is too slow", "it may be done all the same: look before asking again"
            )

    return endpoint


async def _take_file(request: Request, handle: Callable[[Upload], Awaitable[Answer]]) -> Response:
    """Have a handler look at what was sent, which is as long as the disk allows."""
    with TemporaryDirectory(prefix="openmargin-") as directory:
        file = FilePath(directory) / "file"
        with file.open("wb") as sent:
            async for chunk in request.stream():
                sent.write(chunk)
        return _json(200, await handle(Upload(path=str(file))))


def _file(answer: Download) -> Response:
    """A file that is sent and then removed, with the directory that it lies in."""
    return FileResponse(
        answer.path,
        media_type="application/octet-stream",
        filename=answer.name,
        background=BackgroundTask(rmtree, FilePath(answer.path).parent),
    )


def _path(request: Request) -> Path:
    try:
        return msgspec.convert(request.path_params, Path, strict=False)
    except msgspec.ValidationError as refusal:
        raise Refused(
            404,
            f"the address names nothing: {refusal}",
            "write its id as a number; accounts start at 1",
        ) from None


async def _body(request: Request, kind: type[Body]) -> Body:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > BODY_BYTES_MAX:
            raise Refused(413, f"the body is longer than {BODY_BYTES_MAX} bytes", "send less")
    try:
        # Whoever sends nothing means the defaults; a field that has none is then named.
        return msgspec.json.decode(content or b"{}", type=kind)
    except msgspec.ValidationError as refusal:
        hint = "the fields are " + ", ".join(kind.__struct_encode_fields__)
        raise Refused(400, str(refusal), hint) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as refusal:
        raise Refused(400, f"the body is no JSON: {refusal}", "send a JSON object") from None


def _serve(document: Document) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_: Request) -> Response:
        # Written when it is first asked for, which takes long enough for others to notice.
        return Response(await asyncio.to_thread(document), media_type="application/json")

    return serve


async def _no_such_word(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    problem = (
        "the lab has no such address" if status == 404 else "the lab has this address with another method"
    )
    return _refusal(status, problem, "GET /lab/openapi.json lists what there is")


def _refusal(status: int, error: str, hint: str) -> Response:
    return _json(status, Refusal(error=error, hint=hint))


def _json(status: int, answer: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(answer), status_code=status, media_type="application/json")
