"""A file's numbers are read in the file's own notation, its text without what nobody can see; and what goes out is safe to open."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.models import Product, Variant
from backend.companies.models import User
from backend.core.database import execute, fetch, fetch_value
from backend.core.numbers import Mark
from backend.exchange.formulas import guarded, unguarded
from backend.exchange.products import import_products
from backend.exchange.report import ImportReport
from backend.exchange.tables import KINDS, export_table
from backend.inventory.models import Stock, Warehouse
from tests.exchange.test_products import cap, size
from tests.exchange.test_tables import bring as bring_table
from tests.factories.catalogue import make_price_list, make_product, make_warehouse, set_price, set_stock
from tests.factories.companies import make_company, make_location, make_member, make_seller

on_database = pytest.mark.usefixtures("database")


async def bring(kind: str, text: str, tmp_path: Path, **options: Any) -> tuple[ImportReport, str]:
    return await bring_table(kind, text, tmp_path, **options)


async def bring_products(rows: list[dict[str, str]], tmp_path: Path, **options: Any) -> tuple[ImportReport, str]:
    path = tmp_path / "products.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    said: list[str] = []
    report = await import_products(path, currency="EUR", warehouse="MAIN", out=said.append, **options)
    return report, "\n".join(said)


async def stock() -> dict[str, int]:
    rows = await fetch("SELECT v.sku, sum(s.on_hand)::int AS pieces FROM stock s JOIN variant v ON v.id = s.variant_id GROUP BY 1")
    return {row["sku"]: row["pieces"] for row in rows}


async def prices() -> dict[str, int]:
    rows = await fetch("SELECT v.sku, p.amounts_e4[1] AS amount FROM price p JOIN variant v ON v.id = p.variant_id")
    return {row["sku"]: row["amount"] for row in rows}


# Numbers


@on_database
async def test_a_column_of_values_that_can_be_read_in_two_ways_is_refused_with_the_way_out(tmp_path: Path) -> None:
    for sku in "AB":
        await make_product(sku=sku)
    await make_warehouse("MAIN")
    text = "sku;warehouse;on_hand\nA;MAIN;7\nB;MAIN;1.000\n"
    report, said = await bring("stock", text, tmp_path)
    assert not report.ok
    assert "Line 3, in the column on_hand: “1.000” can mean 1 or 1000. Write 1 or 1000." in said
    assert "--decimal point or --decimal comma" in said
    assert await stock() == {}
    await bring("stock", text, tmp_path, decimal=Mark.COMMA)
    assert await stock() == {"A": 7, "B": 1000}
    await bring("stock", text, tmp_path, decimal=Mark.POINT)
    assert await stock() == {"A": 7, "B": 1}


@on_database
async def test_one_value_that_can_be_read_in_one_way_decides_for_its_column(tmp_path: Path) -> None:
    for sku in "ABC":
        await make_product(sku=sku)
    await make_price_list("main")
    await bring("prices", "price_list;sku;unit_price\nmain;A;1.234\nmain;B;2,96\nmain;C;3\n", tmp_path)
    assert await prices() == {"A": 12_340_000, "B": 29_600, "C": 30_000}
    await bring("prices", "price_list;sku;unit_price\nmain;A;1.234\nmain;B;2.96\nmain;C;3\n", tmp_path)
    assert await prices() == {"A": 12_340, "B": 29_600, "C": 30_000}


@on_database
async def test_a_column_that_says_both_is_refused_with_both_rows(tmp_path: Path) -> None:
    for sku in "AB":
        await make_product(sku=sku)
    await make_price_list("main")
    report, said = await bring("prices", "price_list;sku;unit_price\nmain;A;2,96\nmain;B;2.96\n", tmp_path)
    assert not report.ok
    assert "Line 2 has “2,96” and line 3 has “2.96” in the column unit_price" in said
    report, said = await bring("prices", "price_list;sku;unit_price\nmain;A;2,96\nmain;B;2.96\n", tmp_path, decimal=Mark.COMMA)
    assert [remark.line for remark in report.bad_rows] == [3]


@on_database
async def test_another_column_decides_where_its_own_leaves_it_open(tmp_path: Path) -> None:
    report, said = await bring_products([cap(**{"Variant Price": "12,50", "Variant Inventory Qty": "1.000"})], tmp_path)
    assert report.ok, said
    assert list((await stock()).values()) == [1000]


@on_database
@pytest.mark.parametrize(
    ("written", "reason"),
    [("1e3", "write all of its digits"), ("NaN", "is no number"), ("5+", "is no number"), ("€ 5", "currency sign")],
)
async def test_what_no_person_writes_is_a_bad_row_by_every_file(tmp_path: Path, written: str, reason: str) -> None:
    await make_product(sku="A")
    await make_warehouse("MAIN")
    await make_price_list("main")
    for report, said in (
        await bring("stock", f"sku,warehouse,on_hand\nA,MAIN,{written}\n", tmp_path),
        await bring("prices", f"price_list,sku,unit_price\nmain,A,{written}\n", tmp_path),
        await bring_products([cap(**{"Variant Price": written})], tmp_path),
        await bring_products([cap(**{"Variant Inventory Qty": written})], tmp_path),
    ):
        assert (report.ok, reason in said) == (False, True), said


@on_database
async def test_three_decimals_go_out_so_that_they_come_in_again(tmp_path: Path) -> None:
    _, (variant,) = await make_product(sku="A")
    await set_price(await make_price_list("main"), variant, "1.234")
    file = io.StringIO()
    await export_table("prices", file)
    report, said = await bring("prices", file.getvalue(), tmp_path)
    assert (report.ok, report.unchanged) == (True, 1), said


# Stock


INVENTORY = (
    "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,SKU,HS Code,COO,Location,Bin name,"
    "Incoming (not editable),Unavailable (not editable),Committed (not editable),Available (not editable),On hand (current),On hand (new)\n"
)


@on_database
async def test_shopify_s_inventory_export_is_read_as_it_is(tmp_path: Path) -> None:
    for sku in ("G-16", "S-1", "MUG"):
        await make_product(sku=sku)
    await make_warehouse("MAIN")
    shop = await make_warehouse("SHOP")
    await Warehouse.filter(id=shop.id).update(name="Main Street 12")
    rows = (
        "gloves,Gloves,Size,16oz,,,,,G-16,,,MAIN,,0,0,0,-8,-8,",
        "shirt,Shirt,Title,Default Title,,,,,S-1,,,MAIN,,0,0,2,3,5,9",
        "shirt,Shirt,Title,Default Title,,,,,S-1,,,main street 12,A-1,0,0,0,4,4,",
        "shirt,Shirt,Title,Default Title,,,,,G-16,,,Main Street 12,,not stocked,,,,not stocked,not stocked",
        "mug,Mug,Title,Default Title,,,,,,,,MAIN,,0,0,0,6,6,",
    )
    report, said = await bring("stock", INVENTORY + "\n".join(rows), tmp_path)
    assert report.ok, said
    assert "line 2 (G-16): -8 on hand is stored as 0: stock cannot be negative." in said
    assert await stock() == {"G-16": 0, "S-1": 13, "MUG": 6}


@on_database
async def test_an_older_inventory_export_says_what_is_available(tmp_path: Path) -> None:
    await make_product(sku="S-1")
    await make_warehouse("MAIN")
    report, said = await bring("stock", "SKU,Location,Unavailable,Committed,Available\nS-1,MAIN,1,2,3\n", tmp_path)
    assert report.ok, said
    assert await stock() == {"S-1": 6}


@on_database
async def test_a_missing_column_is_named_with_all_that_are_there(tmp_path: Path) -> None:
    report, said = await bring("stock", INVENTORY.replace("On hand (current),On hand (new)", "Somewhere") + "x\n", tmp_path)
    assert not report.ok
    assert (
        "The column quantity or On hand (new) or On hand (current) or Available (not editable) is missing" in said
        or "Somewhere" not in said
    )
    report, said = await bring("stock", INVENTORY.replace(",SKU,", ",Number,") + "x\n", tmp_path)
    assert "The column variant sku is missing." in said
    assert said.rstrip().endswith("On hand (current), On hand (new)")


@on_database
async def test_negative_stock_is_nothing_by_every_file(tmp_path: Path) -> None:
    _, (variant,) = await make_product(sku="A")
    await set_stock(variant, 5)
    said = [
        (await bring("stock", "sku,warehouse,on_hand\nA,MAIN,-8\n", tmp_path))[1],
        (await bring_products([cap(**{"Variant SKU": "B", "Variant Inventory Qty": "-8"})], tmp_path))[1],
    ]
    assert all("-8 on hand is stored as 0: stock cannot be negative." in text for text in said)
    assert await stock() == {"A": 0, "B": 0}


# All of a product or none


@on_database
async def test_a_product_whose_rows_stand_apart_is_left_out_whole(tmp_path: Path) -> None:
    sized = {"Option1 Name": "Size", "Option1 Value": "S"}
    rows = [cap("shirt", **sized), size("shirt", "M"), cap("hat"), size("shirt", "L"), size("shirt", "XL")]
    report, said = await bring_products(rows, tmp_path, skip_bad=True)
    assert (report.ok, report.left_out) == (True, 1)
    assert [product.slug for product in await Product.all()] == ["hat"]
    assert "on line 2 and on line 5" in said


@on_database
async def test_a_ladder_with_a_bad_step_is_left_out_whole(tmp_path: Path) -> None:
    for sku in "AB":
        await make_product(sku=sku)
    text = "price_list,currency,sku,minimum_quantity,unit_price\nmain,EUR,A,1,9\nmain,EUR,A,12,cheap\nmain,EUR,B,1,8\n"
    report, _ = await bring("prices", text, tmp_path, skip_bad=True)
    assert (report.ok, report.left_out) == (True, 1)
    assert await prices() == {"B": 80_000}


# What nobody can see


@on_database
async def test_invisible_characters_do_not_come_in_and_are_said(tmp_path: Path) -> None:
    row = cap(
        "cap",
        **{"Variant SKU": "NW\u200b-1", "Vendor": "Ac\u00adme", "Title": "Cap\u00a0black", "Body (HTML)": "<p>One</p>\n<p>two</p>"},
    )
    report, said = await bring_products([row], tmp_path)
    assert report.ok, said
    variant = await Variant.get(sku="NW-1").prefetch_related("product__brand")
    assert (variant.product.name, variant.product.brand.name) == ("Cap black", "Acme")
    assert "note, line 2 (cap): Invisible characters were taken out of the sku." in said
    await make_warehouse("MAIN")
    report, _ = await bring("stock", "sku,warehouse,on_hand\nN\u00adW-1,MAIN,7\n", tmp_path)
    assert (report.ok, (await Stock.get(variant_id=variant.id)).on_hand) == (True, 7)


# Safe to open


@pytest.mark.parametrize(
    "cell", ["=1+1", "+31 10", "-x", "@sum", "\t=1", "\r=1", " =1", "＝1", "\u200b=1", "'=1", "''=1", "-1+2", "−1"]
)
def test_what_looks_like_a_formula_goes_out_as_text_and_comes_back(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize("cell", ["-8", "-2.50", "12", "Harbour", "'s-Hertogenbosch", "a=b", "", "'4006381333931"])
def test_numbers_and_names_go_out_as_they_are(cell: str) -> None:
    assert (guarded(cell), unguarded(cell)) == (cell, cell)


@given(st.text(max_size=20))
def test_every_cell_comes_back(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell


@on_database
async def test_a_name_that_is_a_formula_reaches_no_spreadsheet_and_goes_round(tmp_path: Path) -> None:
    await make_seller()
    company = await make_company("Harbour")
    await make_location(company, "Rotterdam")
    member = await make_member(company)
    name = '=HYPERLINK("http://x.example","Click")'
    await User.filter(id=member.user_id).update(name=name)
    await execute("UPDATE company SET name = '@' || name")
    for kind in KINDS:
        file = io.StringIO()
        await export_table(kind, file)
        for row in csv.reader(io.StringIO(file.getvalue())):
            assert not [cell for cell in row if cell.strip()[:1] in ("=", "+", "@")]
    report, said = await bring("customers", await _customers(), tmp_path)
    assert (report.created, report.changed) == (0, 0), said
    assert await fetch_value("SELECT name FROM user_account WHERE id = $1", member.user_id) == name


async def _customers() -> str:
    file = io.StringIO()
    await export_table("customers", file)
    return file.getvalue()
