"""Prices, stock and customers from plain tables and back: every bad row named, all or nothing, a round trip changes nothing."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from backend.companies.models import Company, CompanyLocation, Member
from backend.core.database import fetch
from backend.exchange.report import ImportReport
from backend.exchange.tables import KINDS, export_table, write_template
from backend.inventory.models import Stock
from backend.pricing.models import Price, PriceList
from tests.factories.catalogue import make_price_list, make_product, make_warehouse, set_price, set_stock
from tests.factories.companies import make_company, make_group, make_location, make_member, make_seller, make_terms

pytestmark = pytest.mark.usefixtures("database")


async def bring(kind: str, text: str, tmp_path: Path, **options: bool) -> tuple[ImportReport, str]:
    path = tmp_path / f"{kind}.csv"
    path.write_text(text, encoding="utf-8")
    said: list[str] = []
    report = await KINDS[kind].bring(path, out=said.append, **options)
    return report, "\n".join(said)


async def taken(kind: str) -> str:
    file = io.StringIO()
    await export_table(kind, file)
    return file.getvalue()


async def rows_of(*tables: str) -> list[Any]:
    return [tuple(row) for table in tables for row in await fetch(f"SELECT * FROM {table} ORDER BY id")]


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_template_has_every_column_and_an_example(kind: str) -> None:
    file = io.StringIO()
    write_template(kind, file)
    header, *examples = csv.reader(io.StringIO(file.getvalue()))
    assert header == list(KINDS[kind].columns)
    assert examples
    assert all(len(row) == len(header) for row in examples)


# Prices


async def test_prices_come_in_whatever_their_order(tmp_path: Path) -> None:
    await make_product(sku="A")
    await make_product(sku="B")
    text = "price_list,currency,sku,minimum_quantity,unit_price,valid_from,valid_to\n"
    text += (
        "main,EUR,A,48,1.5,,\nmain,EUR,B,,3,,\nmain,EUR,A,1,2.1234,,\nmain,EUR,A,1,1,2030-01-01,2030-02-01\nmain,EUR,A,12,1.75,,\n"
    )
    report, said = await bring("prices", text, tmp_path)
    assert report.ok
    assert "prices: 3 new, 0 changed, 0 unchanged" in said
    assert "Made the price list main (EUR)" in said
    first = await Price.filter(variant__sku="A").order_by("valid_from").first()
    assert first is not None
    assert (first.quantities, first.amounts_e4) == ([1, 12, 48], [21234, 17500, 15000])
    again, said = await bring("prices", text, tmp_path)
    assert again.unchanged == 3


async def test_prices_go_round_without_a_change(tmp_path: Path) -> None:
    _, variants = await make_product(options={"Size": ["S", "M"]})
    euros, yen = await make_price_list("eur"), await make_price_list("jpy", currency="JPY")
    await set_price(euros, variants, {1: "12.5", 12: "11.3333"})
    await set_price(yen, variants[0], "1200")
    before = await rows_of("price", "price_list")
    report, _ = await bring("prices", await taken("prices"), tmp_path)
    assert (report.created, report.changed, report.unchanged) == (0, 0, 3)
    assert await rows_of("price", "price_list") == before


async def test_every_bad_price_is_named(tmp_path: Path) -> None:
    await make_product(sku="A")
    await make_price_list("main")
    text = "price_list;sku;unit_price;minimum_quantity;currency;valid_from;valid_to\n" + "\n".join(
        (
            "main;A;1;1;;;", "main;NO;1;;;;", "main;A;cheap;;;;", "main;A;-1;;;;", "main;A;1.23456;;;;", "main;A;1;0;;;", "main;;1;;;;",
            "other;A;1;;;;", "pounds;A;1;;GBP;;", "pounds;A;1;5;EUR;;", "main;A;2;1;;2030-01-01;", "main;A;2;1;;2030-01-01;",
            "main;A;1;;;tomorrow;", "main;A;1;;;2030-05-02;2030-05-01", "main;A;1;;;;;;7",
        )
    )  # fmt: skip
    before = await rows_of("price", "price_list")
    report, said = await bring("prices", text, tmp_path)
    assert not report.ok
    assert [remark.line for remark in sorted(report.bad_rows, key=lambda remark: remark.line)] == [
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        13,
        14,
        15,
        16,
    ], said
    assert await rows_of("price", "price_list") == before
    report, _ = await bring("prices", text, tmp_path, skip_bad=True)
    assert (report.ok, report.created) == (True, 0)


async def test_a_list_keeps_its_currency(tmp_path: Path) -> None:
    await make_product(sku="A")
    await make_price_list("main")
    _, said = await bring("prices", "price_list,sku,unit_price,currency\nmain,A,1,USD\n", tmp_path)
    assert "The list main is in EUR" in said


async def test_a_check_of_prices_writes_nothing(tmp_path: Path) -> None:
    await make_product(sku="A")
    report, said = await bring("prices", "price_list,sku,unit_price,currency\nmain,A,1,EUR\n", tmp_path, check=True)
    assert (report.ok, report.created) == (True, 1)
    assert "The price list main (EUR) would be made" in said
    assert "prices: 1 would be new" in said
    assert "nothing was written" in said
    assert await PriceList.all().count() == 0


# Stock


async def test_stock_comes_in_and_goes_round(tmp_path: Path) -> None:
    _, variants = await make_product(sku="A", options={"Size": ["S", "M"]})
    await make_warehouse("MAIN")
    await set_stock(variants[0], 5, reserved=3)
    report, _ = await bring("stock", "SKU,Warehouse,On hand\nA-S,MAIN,4\nA-M,MAIN,0\n", tmp_path)
    assert (report.created, report.changed) == (1, 1)
    before = await rows_of("stock")
    report, _ = await bring("stock", await taken("stock"), tmp_path)
    assert (report.created, report.changed, report.unchanged) == (0, 0, 2)
    assert await rows_of("stock") == before


async def test_every_bad_row_of_stock_is_named(tmp_path: Path) -> None:
    _, (variant,) = await make_product(sku="A")
    await make_product(sku="B")
    await set_stock(variant, 5, reserved=3)
    text = "sku,warehouse,on_hand\nA,MAIN,2\nNO,MAIN,1\nB,NOWHERE,1\nB,MAIN,1.5\nB,MAIN,-1\n,MAIN,1\nB,MAIN,7\nB,MAIN,8\n"
    report, said = await bring("stock", text, tmp_path)
    assert sorted(remark.line for remark in report.bad_rows) == [2, 3, 4, 5, 7, 8]
    assert "3 are reserved for orders" in said
    assert await Stock.all().count() == 1


# Customers

HEADER = (
    "company_number,company_name,category,payment_terms,groups,location_number,location_name,currency,line1,city,postcode,country,"
    "buyer_email,buyer_name"
)


async def test_customers_come_in_with_their_people(tmp_path: Path) -> None:
    await make_seller()
    await make_terms("NET30")
    await make_group("key")
    rows = (
        "C1,Harbour,WHOLESALER,NET30,key,L1,Rotterdam,EUR,Quay 1,Rotterdam,3000,NL,Ada@harbour.example,Ada",
        "C1,Harbour,WHOLESALER,NET30,key,L2,Antwerp,EUR,Dock 2,Antwerp,2000,BE,ada@harbour.example,Ada",
        "C1,,,,,L1,,,,,,,bo@harbour.example,Bo",
    )
    report, said = await bring("customers", "\n".join((HEADER, *rows[:2])), tmp_path)
    assert report.ok, said
    assert report.created == 4
    ada = await Member.get(email="ada@harbour.example").prefetch_related("company")
    assert (ada.user_id, ada.name, ada.company.name, ada.role) == (None, "Ada", "Harbour", "BUYER")
    assert len(await fetch("SELECT FROM member_location")) == 2
    report, _ = await bring("customers", "\n".join((HEADER, *rows[:2])), tmp_path)
    assert (report.created, report.changed, report.unchanged) == (0, 0, 4)
    report, _ = await bring("customers", "\n".join((HEADER, rows[2])), tmp_path)
    assert (report.created, report.changed, report.unchanged) == (1, 0, 2)


async def test_a_new_shop_takes_the_template_as_it_is(tmp_path: Path) -> None:
    template = io.StringIO()
    write_template("customers", template)
    _, said = await bring("customers", template.getvalue(), tmp_path, check=True)
    assert "There are no payment terms: NET14 and NET30 would be made." in said
    assert "There is no group key-accounts: it would be made." in said
    report, said = await bring("customers", template.getvalue(), tmp_path)
    assert report.ok, said
    assert "There were no payment terms: made NET14 and NET30." in said
    assert "There was no group key-accounts: made it." in said
    assert [place.email for place in await CompanyLocation.all()] == ["goods-in@harbour.example"]
    report, said = await bring("customers", template.getvalue(), tmp_path)
    assert (report.created, report.changed, "made" in said) == (0, 0, False)


async def test_customers_go_round_without_a_change(tmp_path: Path) -> None:
    await make_seller()
    company = await make_company("Harbour")
    await make_location(company, "Rotterdam")
    two = await make_location(company, "Antwerp")
    await make_member(company)
    await make_member(company, locations=(two,))
    await make_company("Without a place")
    tables = ("company", "company_location", "member", "member_location", "user_account")
    before = await rows_of(*tables)
    report, said = await bring("customers", await taken("customers"), tmp_path)
    assert (report.created, report.changed) == (0, 0), said
    assert await rows_of(*tables) == before


async def test_every_bad_customer_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    await make_seller()
    await make_terms("NET30")
    rows = (
        "C1,Harbour,WHOLESALER,NET30,,L1,Rotterdam,EUR,Quay 1,Rotterdam,3000,NL,,",
        "C2,Hill,SHOP,NET30,,L2,Hill,EUR,Street 1,Hill,3000,NL,,",
        "C3,Hull,WHOLESALER,NET99,,L3,Hull,EUR,Street 1,Hull,3000,NL,,",
        "C4,Hall,WHOLESALER,NET30,,L4,Hall,EUR,,Hall,3000,NL,,",
        "C5,Hell,WHOLESALER,NET30,,L5,Hell,EUR,Street 1,Hell,3000,NL,nobody,No",
        ",Who,WHOLESALER,NET30,,L6,Who,EUR,Street 1,Who,3000,NL,,",
        "C1,Harbor,WHOLESALER,NET30,,L7,Rotterdam,EUR,Quay 1,Rotterdam,3000,NL,,",
    )
    report, said = await bring("customers", "\n".join((HEADER, *rows)), tmp_path)
    assert sorted(remark.line for remark in report.bad_rows) == [3, 4, 5, 6, 7, 8], said
    assert await Company.all().count() == 0
    report, _ = await bring("customers", "\n".join((HEADER, *rows)), tmp_path, skip_bad=True)
    assert report.ok
    assert [place.number for place in await CompanyLocation.all()] == ["L1"]
