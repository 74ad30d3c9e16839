"""`POST /uploads` takes a picture or PDF as the request's body and answers what goes into an asset; `/media/…` serves what was stored."""

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from backend.api.context import context_for
from backend.catalogue.uploads import MAX_BYTES, store_upload
from backend.core.errors import InvalidInput, Refused, Why
from backend.graphql.admission import Admission
from backend.graphql.http import STATUS, retry_headers

_NAME = re.compile(r"[0-9a-f]{40}(-s)?\.(jpg|png|webp|pdf)")
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def upload_routes(folder: Path, admission: Admission) -> list[Route]:
    """Where files are taken and given back; `folder` is shared by all processes."""

    async def upload(request: Request) -> Response:
        try:
            async with admission.place(request.scope):
                viewer = (await context_for(request)).viewer
                viewer.require_signed_in()
            content = await _body(request)  # however long that takes: nobody waits for it
            async with admission.place(request.scope):
                stored = await store_upload(viewer, content, folder)
        except InvalidInput as error:
            return JSONResponse({"message": error.message, "path": error.path}, 422)
        except Refused as error:
            return JSONResponse(
                {"message": error.message, "code": error.code}, STATUS[error.code], retry_headers(error.retry_after)
            )
        thumbnail = None if stored.thumbnail is None else f"/media/{stored.thumbnail}"
        answer = {"kind": stored.kind, "url": f"/media/{stored.name}", "thumbnailUrl": thumbnail}
        return JSONResponse({**answer, "width": stored.width, "height": stored.height}, 201)

    async def media(request: Request) -> Response:
        name = request.path_params["name"]
        path = folder / name
        if not _NAME.fullmatch(name) or not path.is_file():
            return PlainTextResponse("There is no such file.", 404)
        return FileResponse(path, headers=_HEADERS)

    return [Route("/uploads", upload, methods=["POST"]), Route("/media/{name}", media)]


async def _body(request: Request) -> bytes:
    """Stops reading where the bound is passed."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > MAX_BYTES:
            raise InvalidInput(Why.TOO_LARGE(f"A file has at most {MAX_BYTES // 1024 // 1024} MB."), ["file"])
    return bytes(read)
