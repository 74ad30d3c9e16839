"""What a browser has to load: small files, packed, few, and none of them in the way of the first picture."""

import gzip
import re

import httpx

from storefront.static import FILES, files, without_room
from tests.storefront.canned import CannedApi, browser


def test_the_style_sheet_stays_below_20_kB():
    assert len(files()["linesheet.css"].body) < 20_000


def test_all_scripts_together_stay_below_40_kB_packed():
    assert sum(len(file.packed) for name, file in files().items() if name.endswith(".js")) < 40_000


def test_a_style_sheet_loses_its_room_and_nothing_else():
    written = """/* one */
.a,
.b { margin: 0 auto;
  & > i::after { content: " ; /* kept */ " }
  color: red; }
@media (width > 1px) { a :hover { top: 0 } }
"""
    assert without_room(written) == (
        '.a,.b{margin:0 auto;&>i::after{content:" ; /* kept */ "}color:red}@media (width>1px){a :hover{top:0}}'
    )


def test_every_class_of_the_style_sheet_is_used_on_some_page():
    style = without_room((FILES / "linesheet.css").read_text())
    pages = " ".join(path.read_text() for path in FILES.parent.rglob("*") if path.suffix in (".html", ".js", ".py"))
    classes = set(re.findall(r"\.([a-z][a-z-]*)", re.sub(r'"[^"]*"|url\([^)]*\)', "", style)))
    assert {name for name in classes if not re.search(rf"(?<![\w-]){name}(?![\w-])", pages)} == set()


async def test_files_and_pages_come_packed_to_whoever_takes_it():
    async with browser(CannedApi(), signed_in=False) as client:
        page = await client.get("/sign-in")
        style = await client.get(page.text.split('rel="stylesheet" href="')[1].split('"')[0])
        assert (page.headers["content-encoding"], style.headers["content-encoding"]) == ("gzip", "gzip")
        plain = await client.get(style.url, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.text == style.text
        assert plain.headers["vary"] == style.headers["vary"] == "Accept-Encoding"


async def test_a_page_waits_for_its_style_sheet_alone():
    async with browser(CannedApi(), signed_in=False) as client:
        page: httpx.Response = await client.get("/sign-in")
    head = page.text.split("</head>")[0]
    assert len(re.findall("<link rel=.stylesheet", head)) == 1
    assert all('type="module"' in script for script in re.findall("<script[^>]*>", page.text))
    assert len(gzip.compress(page.content)) + len(files()["linesheet.css"].packed) < 14_000
