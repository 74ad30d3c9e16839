"""Pictures and documents that the seller uploads: known by their content, never by what they call themselves, and written anew.

A picture is decoded, turned upright, stripped of its metadata, made no larger than LARGEST pixels a side, and stored beside a thumbnail under the
hash of what was sent: the same file twice is one, and nobody finds a file whose address she was not given.
"""

import asyncio
import hashlib
import logging
import secrets
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from backend.core.errors import InvalidInput, Unavailable, Why
from backend.core.viewer import Permission, Viewer

log = logging.getLogger(__name__)

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000
LARGEST = 1600
THUMBNAIL = 320
_FORMATS = {"JPEG": ("jpg", "JPEG"), "PNG": ("png", "PNG"), "WEBP": ("webp", "WEBP"), "GIF": ("png", "PNG"), "MPO": ("jpg", "JPEG")}
_PDF = b"%PDF-"
Image.MAX_IMAGE_PIXELS = None  # Pillow would warn first and refuse later; `_decoded` refuses by the header, before a pixel is read


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What to put into an asset. Width and height in pixels; none for a document."""

    kind: str
    name: str
    thumbnail: str | None
    width: int | None
    height: int | None


async def store_upload(viewer: Viewer, content: bytes, folder: Path) -> Uploaded:
    """Raises InvalidInput for what is neither a picture nor a PDF, Unavailable when the folder cannot be written."""
    viewer.require(Permission.MANAGE_CATALOGUE)
    if len(content) > MAX_BYTES:
        raise InvalidInput(Why.TOO_LARGE(f"A file has at most {MAX_BYTES // 1024 // 1024} MB."), ["file"])
    try:
        return await asyncio.to_thread(_store, content, folder)
    except OSError as error:
        log.error("the folder of uploads cannot be written: %s", error.strerror)
        raise Unavailable(
            "The file was not stored: there is no room for it, or its folder cannot be written. Tell whoever runs the shop, then send it again.",
            retry_after=60,
        ) from error


def _store(content: bytes, folder: Path) -> Uploaded:
    stem = hashlib.sha256(content).hexdigest()[:40]
    folder.mkdir(parents=True, exist_ok=True)
    if content.startswith(_PDF):
        _write(folder / f"{stem}.pdf", content)
        return Uploaded("DOCUMENT", f"{stem}.pdf", None, None, None)
    picture, ending, written_as = _decoded(content)
    large = _within(picture, LARGEST)
    _write(folder / f"{stem}.{ending}", _encoded(large, written_as))
    _write(folder / f"{stem}-s.{ending}", _encoded(_within(picture, THUMBNAIL), written_as))
    return Uploaded("IMAGE", f"{stem}.{ending}", f"{stem}-s.{ending}", large.width, large.height)


def _decoded(content: bytes) -> tuple[Image.Image, str, str]:
    try:
        with Image.open(BytesIO(content), formats=[name for name in _FORMATS if name != "MPO"]) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise InvalidInput(Why.TOO_LARGE(f"A picture has at most {MAX_PIXELS // 1_000_000} million pixels."), ["file"])
            ending, written_as = _FORMATS[opened.format or ""]
            upright = ImageOps.exif_transpose(opened)
            mode = "RGBA" if written_as != "JPEG" and upright.has_transparency_data else "RGB"
            return upright.convert(mode), ending, written_as
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InvalidInput(
            Why.MALFORMED("This is no picture that can be read. Send JPEG, PNG, WebP, GIF or PDF."), ["file"]
        ) from error


def _within(picture: Image.Image, side: int) -> Image.Image:
    return ImageOps.contain(picture, (side, side)) if max(picture.size) > side else picture


def _encoded(picture: Image.Image, written_as: str) -> bytes:
    """Pixels only: nothing of the file that was sent survives, metadata least of all."""
    out = BytesIO()
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    clean.save(out, written_as, quality=85, optimize=True)
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, however many processes write the same file."""
    if path.exists():
        return
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
