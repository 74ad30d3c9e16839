"""Uploads: what is a picture is stored upright, small enough and without its metadata; what is not is refused."""

from io import BytesIO

import httpx
import pytest
from PIL import Image

from backend.app import build
from backend.core.viewer import Role
from backend.settings import Settings
from tests.factories.companies import make_company, make_location, make_member, make_seller, make_staff, sign_in_as


@pytest.fixture
async def web(database, tmp_path):
    app = build(Settings(database_url=database, uploads=tmp_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as speaking:
        await make_seller()
        yield speaking


def a_picture(width: int = 2000, height: int = 1000, written_as: str = "JPEG") -> bytes:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Secret camera"
    Image.new("RGB", (width, height), "#225577").save(out, written_as, exif=exif)
    return out.getvalue()


async def bearer(role: Role = Role.MARKETING) -> dict[str, str]:
    return {"Authorization": f"Bearer {await sign_in_as(await make_staff(role))}"}


async def test_a_picture_comes_back_upright_resized_and_clean(web):
    sent = await web.post("/uploads", content=a_picture(), headers=await bearer())
    assert sent.status_code == 201
    told = sent.json()
    assert (told["kind"], told["width"], told["height"]) == ("IMAGE", 800, 1600)
    for address, side in ((told["url"], 1600), (told["thumbnailUrl"], 320)):
        got = await web.get(address)
        assert (got.status_code, got.headers["content-type"], got.headers["x-content-type-options"]) == (
            200,
            "image/jpeg",
            "nosniff",
        )
        assert b"Secret camera" not in got.content
        assert max(Image.open(BytesIO(got.content)).size) == side
    again = await web.post("/uploads", content=a_picture(), headers=await bearer())
    assert again.json()["url"] == told["url"]


async def test_a_pdf_is_a_document(web):
    told = (await web.post("/uploads", content=b"%PDF-1.7 a sheet", headers=await bearer())).json()
    assert (told["kind"], told["thumbnailUrl"]) == ("DOCUMENT", None)
    assert (await web.get(told["url"])).content == b"%PDF-1.7 a sheet"


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"GIF89a", a_picture()[:400], b"\x00" * 1000])
async def test_what_is_no_picture_is_refused(web, content):
    answer = await web.post("/uploads", content=content, headers=await bearer())
    assert (answer.status_code, answer.json()["path"]) == (422, ["file"])


async def test_a_bomb_and_a_large_file_are_refused(web):
    bomb = BytesIO()
    Image.new("1", (10_000, 10_000)).save(bomb, "PNG")
    assert (await web.post("/uploads", content=bomb.getvalue(), headers=await bearer())).status_code == 422
    assert (await web.post("/uploads", content=b"\xff" * (20 * 1024 * 1024 + 1), headers=await bearer())).status_code == 422


async def test_only_those_who_keep_the_catalogue_upload(web):
    company = await make_company()
    await make_location(company)
    buyer = {"Authorization": f"Bearer {await sign_in_as(await make_member(company))}"}
    assert (await web.post("/uploads", content=a_picture())).status_code == 401
    assert (await web.post("/uploads", content=a_picture(), headers=buyer)).status_code == 403
    assert (await web.post("/uploads", content=a_picture(), headers=await bearer(Role.WAREHOUSE))).status_code == 403


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "x.jpg", "a" * 40 + ".svg"])
async def test_nothing_else_is_served(web, name):
    assert (await web.get(f"/media/{name}")).status_code == 404


async def test_a_folder_that_cannot_be_written_is_said_and_leaves_nothing(database, tmp_path, caplog):
    (tmp_path / "taken").write_text("a file where the folder should be")
    app = build(Settings(database_url=database, uploads=tmp_path / "taken"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as web:
        await make_seller()
        sent = await web.post("/uploads", content=a_picture(), headers=await bearer())
        assert (sent.status_code, sent.headers["retry-after"], sent.json()["code"]) == (503, "60", "UNAVAILABLE")
        assert "was not stored" in sent.json()["message"]
        assert "folder of uploads cannot be written" in caplog.text
        assert (await web.get(f"/media/{'0' * 40}.jpg")).status_code == 404
