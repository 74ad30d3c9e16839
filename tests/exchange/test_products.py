"""Importing Shopify's product CSV: the two real exports, and files as people save them."""

import csv
import io
from pathlib import Path
from typing import Any

import orjson
import pytest

from backend.catalogue.actions import save_products, update_variants
from backend.catalogue.drafts import ProductDraft, VariantDraft
from backend.catalogue.models import Asset, Category, Product, Variant
from backend.core.database import execute, fetch, fetch_value
from backend.core.viewer import system_viewer
from backend.exchange.products import import_products
from backend.exchange.report import ImportReport
from backend.inventory.models import Stock
from backend.pricing.models import PriceList
from tests.factories.catalogue import make_price_list, set_price

DATA = Path(__file__).parents[1] / "data"
pytestmark = pytest.mark.usefixtures("database")


async def bring(path: Path, **options: Any) -> tuple[ImportReport, str]:
    said: list[str] = []
    report = await import_products(path, currency="EUR", warehouse="MAIN", out=said.append, **options)
    return report, "\n".join(said)


@pytest.fixture
def table(tmp_path: Path) -> "Table":
    return Table(tmp_path / "products.csv")


class Table:
    """Writes a small export: rows of cells by column name."""

    columns = (
        "Handle", "Title", "Vendor", "Type", "Published", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Inventory Tracker",
        "Variant Inventory Qty", "Variant Inventory Policy", "Variant Price", "Variant Barcode", "Cost per item", "Image Src",
    )  # fmt: skip

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(
        self,
        *rows: dict[str, str],
        columns: tuple[str, ...] = columns,
        separator: str = ",",
        encoding: str = "utf-8",
        end: str = "\r\n",
    ) -> Path:
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, delimiter=separator, lineterminator=end, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        self.path.write_bytes(text.getvalue().encode(encoding))
        return self.path


def cap(handle: str = "cap", **cells: str) -> dict[str, str]:
    row = {"Handle": handle, "Title": handle.title(), "Vendor": "Acme", "Option1 Name": "Title", "Option1 Value": "Default Title"}
    return {**row, "Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "4", "Variant Price": "12.50", **cells}


def size(handle: str, value: str, **cells: str) -> dict[str, str]:
    return {"Handle": handle, "Option1 Value": value, "Variant Inventory Tracker": "shopify", "Variant Price": "12.50", **cells}


async def amounts(sku: str) -> list[tuple[list[int], list[int]]]:
    query = "SELECT quantities, amounts_e4 FROM price p JOIN variant v ON v.id = p.variant_id WHERE v.sku = $1"
    return [(row["quantities"], row["amounts_e4"]) for row in await fetch(query, sku)]


async def everything() -> list[object]:
    """All rows of the tables that an import writes, to compare before and after."""
    tables = (
        "brand",
        "category",
        "product",
        "variant",
        "product_category",
        "asset",
        "price_list",
        "price",
        "stock",
        "assortment_product",
    )
    return [tuple(row) for table in tables for row in await fetch(f"SELECT * FROM {table} ORDER BY id")]


# The two real exports


async def test_apparel_comes_in_whole() -> None:
    report, said = await bring(DATA / "apparel.csv")
    assert report.ok
    assert "products: 20 new, 0 changed, 0 unchanged" in said
    top = await Product.get(slug="classic-varsity-top")
    assert (top.option_names, top.option_values) == (["Size"], [["Small", "Medium", "Large"]])
    skus = [variant.sku for variant in await Variant.filter(product_id=top.id).order_by("position")]
    assert skus == ["CLASSIC-VARSITY-TOP-SMALL", "CLASSIC-VARSITY-TOP-MEDIUM", "CLASSIC-VARSITY-TOP-LARGE"]
    shirt = await Product.get(slug="ocean-blue-shirt").prefetch_related("brand")
    assert (shirt.option_names, shirt.brand.name) == ([], "partners-demo")
    assert await amounts("OCEAN-BLUE-SHIRT") == [([1], [500000])]


async def test_jewelery_comes_in_whole() -> None:
    report, said = await bring(DATA / "jewelery.csv")
    assert report.ok
    assert report.bad_count == 0
    assert report.created == await Product.all().count() > 15
    assert "compare-at price" in said
    bracelet = await Product.get(slug="chain-bracelet")
    pictures = await Asset.filter(product_id=bracelet.id).order_by("position")
    assert [picture.position for picture in pictures] == [0, 1]
    earrings = await Product.get(slug="boho-earrings")
    assert await Asset.filter(product_id=earrings.id).count() == 3
    assert await Variant.filter(product_id=earrings.id).count() == 1
    choker = await Product.get(slug="choker-with-gold-pendant")
    assert "<li>14k yellow gold</li>" in choker.description_html
    assert "14k yellow gold\nLeather" in choker.description
    assert await Category.filter(slug__in=["bracelet", "necklace", "earrings"]).count() == 3


@pytest.mark.parametrize("name", ["apparel.csv", "jewelery.csv"])
async def test_twice_changes_nothing(name: str) -> None:
    first, _ = await bring(DATA / name)
    before = await everything()
    second, said = await bring(DATA / name)
    assert f"products: 0 new, 0 changed, {first.created} unchanged" in said
    assert second.ok
    assert await everything() == before


async def test_a_check_says_what_would_be_and_writes_nothing() -> None:
    _, said = await bring(DATA / "apparel.csv", check=True)
    assert "products: 20 would be new, 0 would be changed, 0 unchanged" in said
    assert "There is no assortment: “Everything” would be made" in said
    assert "nothing was written" in said
    assert "Imported" not in said
    assert await everything() == []
    assert await fetch_value("SELECT count(*) FROM seller") == 0


async def test_what_is_not_counted_in_shopify_sells_without_stock() -> None:
    await bring(DATA / "apparel.csv")
    assert await Variant.filter(sells_without_stock=False).count() == 0


async def test_without_an_assortment_all_buyers_see_what_comes() -> None:
    _, said = await bring(DATA / "apparel.csv")
    assert "There was no assortment" in said
    assert await fetch_value("SELECT count(*) FROM assortment_product") == 20


# Cells


async def test_prices_stock_cost_and_codes_are_taken(table: Table) -> None:
    cells = {"Variant SKU": "'007", "Variant Barcode": "'4006381333931", "Cost per item": "3.1", "Variant Inventory Policy": "deny"}
    report, _ = await bring(table.write(cap(**cells)))
    assert report.ok
    variant = await Variant.get(sku="007")
    assert (variant.gtin, variant.cost_e4, variant.sells_without_stock) == ("4006381333931", 31000, False)
    assert await amounts("007") == [([1], [125000])]
    stock = await Stock.get(variant_id=variant.id).prefetch_related("warehouse")
    assert (stock.on_hand, stock.warehouse.code) == (4, "MAIN")


async def test_a_wrong_barcode_is_left_out_with_a_word(table: Table) -> None:
    report, said = await bring(table.write(cap(**{"Variant Barcode": "8.05E+12"})))
    assert report.ok
    assert "note, line 2 (cap): The barcode 8.05E+12 is no GTIN" in said
    assert (await Variant.get(sku="CAP")).gtin is None


async def test_selling_on_without_stock_is_taken_from_the_policy(table: Table) -> None:
    await bring(table.write(cap(**{"Variant Inventory Policy": "continue"})))
    assert (await Variant.get(sku="CAP")).sells_without_stock


async def test_unpublished_products_are_not_shown(table: Table) -> None:
    await bring(table.write(cap(Published="false"), cap("hat", Published="TRUE")))
    assert [product.slug for product in await Product.filter(is_active=True)] == ["hat"]
    assert await fetch_value("SELECT count(*) FROM assortment_product") == 1


async def test_without_a_vendor_the_brand_is_the_seller(table: Table) -> None:
    await bring(table.write(cap(Vendor="")))
    assert (await Product.get(slug="cap").prefetch_related("brand")).brand.name == "My company"


async def test_scripts_do_not_come_in(table: Table) -> None:
    columns = (*Table.columns, "Body (HTML)")
    body = '<p onclick="x()">Warm &amp; dry<script>alert(1)</script></p><a href="javascript:x()">more</a>'
    await bring(table.write(cap(**{"Body (HTML)": body}), columns=columns))
    product = await Product.get(slug="cap")
    assert "script" not in product.description_html
    assert "onclick" not in product.description_html
    assert product.description == "Warm & dry\nmore"


async def test_a_price_in_another_currency_goes_to_its_own_list(table: Table) -> None:
    await bring(table.write(cap()))
    report = await import_products(table.path, currency="GBP", warehouse="MAIN", out=lambda text: None)
    assert report.changed == 1
    assert await PriceList.filter(is_default=True).count() == 2
    assert len(await amounts("CAP")) == 2


async def test_breaks_that_the_seller_has_set_stay(table: Table) -> None:
    await bring(table.write(cap()))
    await set_price(await PriceList.get(is_default=True), await Variant.get(sku="CAP"), {1: "12.50", 12: "11"})
    report, _ = await bring(table.write(cap(**{"Variant Price": "13"})))
    assert report.changed == 1
    assert await amounts("CAP") == [([1, 12], [130000, 110000])]


async def test_blank_cells_change_nothing(table: Table) -> None:
    await bring(table.write(cap(**{"Cost per item": "3", "Variant Barcode": "4006381333931"})))
    await update_variants(system_viewer(), [VariantDraft(sku="CAP", minimum=6, increment=6)])
    report, _ = await bring(table.write(cap()))
    variant = await Variant.get(sku="CAP")
    assert report.unchanged == 1
    assert (variant.cost_e4, variant.gtin, variant.minimum) == (30000, "4006381333931", 6)


async def test_one_changed_price_is_one_changed_product(table: Table) -> None:
    await bring(table.write(cap(), cap("hat")))
    report, _ = await bring(table.write(cap(), cap("hat", **{"Variant Price": "9"})))
    assert (report.created, report.changed, report.unchanged) == (0, 1, 1)


# Files as people save them


@pytest.mark.parametrize(
    ("separator", "encoding", "end"),
    [(",", "utf-8-sig", "\r\n"), (";", "utf-8", "\n"), ("\t", "utf-16", "\r\n"), (",", "utf-8", "\r")],
)
async def test_separators_encodings_and_line_ends(table: Table, separator: str, encoding: str, end: str) -> None:
    report, _ = await bring(table.write(cap(Title="Größe, “M”"), separator=separator, encoding=encoding, end=end))
    assert report.ok
    assert (await Product.get(slug="cap")).name == "Größe, “M”"


async def test_columns_in_any_order_and_only_those_that_are_needed(table: Table) -> None:
    row = {"Variant Price": "12.50", "title": "Cap", "HANDLE": "cap"}
    report, _ = await bring(table.write(row, columns=tuple(row)))
    assert report.ok
    assert await amounts("CAP") == [([1], [125000])]
    assert await Stock.all().count() == 0
    assert not (await Variant.get(sku="CAP")).sells_without_stock


async def test_the_new_names_of_the_columns(table: Table) -> None:
    row = {
        "URL handle": "cap",
        "Title": "Cap",
        "SKU": "C-1",
        "Price": "5",
        "Status": "Archived",
        "Continue selling when out of stock": "TRUE",
    }
    report, _ = await bring(table.write(row, columns=tuple(row)))
    assert report.ok
    variant = await Variant.get(sku="C-1").prefetch_related("product")
    assert (variant.sells_without_stock, variant.product.is_active) == (True, False)


async def test_a_first_line_that_names_the_separator(table: Table) -> None:
    path = table.write(cap(**{"Variant Price": "x"}), separator=";")
    path.write_bytes(b"sep=;\r\n" + path.read_bytes())
    _, said = await bring(path)
    assert "bad row, line 3 (cap): The price should be an amount like 12.50. “x” is no number." in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty"),
        (b"Title,Price\nCap,5\n", "The column Handle is missing"),
        (b"Handle,Title,Title\ncap,Cap,Cap\n", "The column Title comes twice"),
        (b"PK\x03\x04whatever", "This is a spreadsheet"),
        (b'Handle,Title\ncap,"Cap\n', "Line 2: the quotes are not in order"),
        ("Handle,Title\ncap,Größe\n".encode("latin-1"), "not UTF-8"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(table: Table, content: bytes, reason: str) -> None:
    table.path.write_bytes(content)
    report, said = await bring(table.path)
    assert reason in said
    assert not report.ok
    assert await everything() == []


# Bad rows


async def test_every_bad_row_is_named_and_nothing_is_imported(table: Table) -> None:
    path = table.write(
        cap(),
        cap("dear", **{"Variant Price": "twelve"}),
        cap("minus", **{"Variant Price": "-1"}),
        cap("half", **{"Variant Inventory Qty": "1.5"}),
        cap("", Title="Nameless"),
        cap("untitled", Title=""),
        cap("twin", **{"Variant SKU": "A-1"}),
        cap("twin-too", **{"Variant SKU": "A-1"}),
        cap("sized", **{"Option1 Name": "Size", "Option1 Value": "S"}),
        size("sized", "S"),
        size("sized", "", **{"Variant SKU": "NO-SIZE"}),
        cap("cap"),
    )
    report, said = await bring(path)
    assert not report.ok
    assert await everything() == []
    for line, reason in {
        3: "(dear): The price should be an amount like 12.50. “twelve” is no number.",
        4: "(minus): The price -1 is negative",
        5: "(half): The quantity should be a whole number. “1.5” is no whole number.",
        6: "The handle is missing",
        7: "(untitled): The title is missing",
        9: "(twin-too): The SKU A-1 comes twice",
        12: "(sized): The value of Size is missing",
        2: "(cap): The rows of this product stand apart, on line 2 and on line 13",
        13: "(cap): The rows of this product stand apart, on line 2 and on line 13",
    }.items():
        assert any(
            f"bad row, line {line} " in row or f"bad row, line {line}:" in row for row in said.splitlines() if reason in row
        ), (line, said)
    assert "Nothing was imported: 9 bad rows" in said


async def test_skipping_bad_rows_leaves_their_products_out_whole(table: Table) -> None:
    path = table.write(
        cap(),
        cap("sized", **{"Option1 Name": "Size", "Option1 Value": "S"}),
        size("sized", "M", **{"Variant Price": "?"}),
        cap("hat"),
    )
    report, said = await bring(path, skip_bad=True)
    assert report.ok
    assert [product.slug for product in await Product.all().order_by("slug")] == ["cap", "hat"]
    assert "products: 2 new, 0 changed, 0 unchanged, 1 left out" in said


async def test_a_sku_of_another_product_is_a_bad_row(table: Table) -> None:
    await bring(table.write(cap(**{"Variant SKU": "A-1"})))
    report, said = await bring(table.write(cap(**{"Variant SKU": "A-1"}), cap("hat", **{"Variant SKU": "A-1"})), skip_bad=True)
    assert "The SKU A-1" in said
    assert (report.created, report.left_out) == (0, 1)


async def test_the_same_options_twice_are_a_bad_row(table: Table) -> None:
    rows = [
        cap("sized", **{"Option1 Name": "Size", "Option1 Value": "S"}),
        size("sized", "M"),
        size("sized", "M", **{"Variant SKU": "OTHER"}),
    ]
    _, said = await bring(table.write(*rows))
    assert "bad row, line 4 (sized): SIZED-M and OTHER are the same combination (M)." in said


async def test_stock_below_what_is_reserved_is_a_bad_row(table: Table) -> None:
    await bring(table.write(cap(), cap("hat")))
    await execute("UPDATE stock SET reserved = 3")
    report, said = await bring(
        table.write(cap(**{"Variant Inventory Qty": "2"}), cap("hat", **{"Variant Inventory Qty": "3"})), skip_bad=True
    )
    assert "bad row, line 2 (cap): 3 are reserved for orders" in said
    assert (report.changed, report.left_out) == (1, 1)


async def test_a_row_with_too_many_cells_is_bad(table: Table) -> None:
    table.path.write_text("Handle,Title,Variant Price\ncap,Cap, 5\nhat,Hat, warm,5\n")
    _, said = await bring(table.path)
    assert "bad row, line 3 (hat): There are more values than columns" in said


async def test_gift_cards_stay_outside(table: Table) -> None:
    report, said = await bring(table.write(cap(**{"Gift Card": "true"}), columns=(*Table.columns, "Gift Card")))
    assert report.ok
    assert "A gift card: left out" in said
    assert await Product.all().count() == 0


async def test_long_handles_make_skus_that_fit(table: Table) -> None:
    handle = "a-very-long-handle-of-a-product-that-somebody-has-described-instead-of-named"
    await bring(table.write(cap(handle)))
    await bring(table.write(cap(handle)))
    sku = (await Variant.get()).sku
    assert len(sku) == 64


async def test_an_own_default_list_is_used(table: Table) -> None:
    own = await make_price_list("list-price", is_default=True)
    await bring(table.write(cap()))
    assert await fetch_value("SELECT price_list_id FROM price") == own.id


async def test_more_products_than_a_batch_holds(table: Table) -> None:
    report, said = await bring(table.write(*(cap(f"cap-{n}") for n in range(450))))
    assert report.created == 450
    assert "%" in said


# The order of sizes


async def test_sizes_come_in_their_natural_order_and_keep_the_one_that_the_seller_gives_them(table: Table) -> None:
    def sizes(*values: str) -> list[dict[str, str]]:
        first, *rest = values
        return [cap("shirt", **{"Option1 Name": "Size", "Option1 Value": first}), *(size("shirt", value) for value in rest)]

    async def order() -> list[str]:
        (found,) = await fetch("SELECT option_values->0 AS sizes FROM product")
        return [str(value) for value in orjson.loads(found["sizes"])]

    await bring(table.write(*sizes("M", "L", "2XL", "XS")))
    assert await order() == ["XS", "M", "L", "2XL"]
    await bring(table.write(*sizes("M", "L", "2XL", "XS", "S")))
    assert await order() == ["XS", "S", "M", "L", "2XL"]
    await save_products(system_viewer(), [ProductDraft(slug="shirt", option_values=(("L", "M", "S", "XS", "2XL"),))])
    await bring(table.write(*sizes("M", "L", "2XL", "XS", "S", "XL")))
    assert await order() == ["L", "M", "S", "XS", "2XL", "XL"]
