"""`linesheet import` and `export`, as somebody at a terminal uses them."""

from pathlib import Path

import pytest

from backend.cli import main
from backend.settings import get_settings

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def terminal(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """Commands find this test's own database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", "")
    get_settings.cache_clear()
    return capsys


def test_a_catalogue_comes_in_and_its_prices_and_stock_go_round(terminal: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    products = ["import", "products", str(DATA / "apparel.csv"), "--currency", "EUR", "--warehouse", "MAIN"]
    assert main([*products, "--check"]) == 0
    assert "20 would be new" in terminal.readouterr().out
    assert main(products) == 0
    assert main(products) == 0
    assert "0 new, 0 changed, 20 unchanged" in terminal.readouterr().out
    for kind in ("prices", "stock"):
        file = tmp_path / f"{kind}.csv"
        assert main(["export", kind, str(file)]) == 0
        terminal.readouterr()
        assert main(["import", kind, str(file)]) == 0
        assert f"{kind}: 0 new, 0 changed" in terminal.readouterr().out
    assert main(["export", "stock"]) == 0
    assert terminal.readouterr().out.startswith("sku,warehouse,on_hand\n")


def test_a_bad_file_makes_the_exit_status_one(terminal: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("price_list,sku,unit_price\nnowhere,NO,1\n")
    assert main(["import", "prices", str(file)]) == 1
    assert "bad row, line 2" in terminal.readouterr().out


def test_a_template_needs_no_database(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "customers", "--template"]) == 0
    assert capsys.readouterr().out.startswith("company_number,")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "stock"], "Name the file"),
        (["import", "stock", "missing.csv"], "There is no file missing.csv"),
        (["import", "products", "--template"], "Shopify"),
        (["import", "products", str(DATA / "apparel.csv")], "--currency"),
    ],
)
def test_what_is_missing_is_said(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    assert main(arguments) == 1
    assert words in capsys.readouterr().err
