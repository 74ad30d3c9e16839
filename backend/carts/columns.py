"""What the title row of a list calls its columns, in the languages of Europe. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from backend.catalogue.search_rules import fold


class Column(Enum):
    NUMBER = "number"
    QUANTITY = "quantity"
    OTHER = "other"  # a price, a name, a unit: known, and not what is asked for


# Beginnings of words without accents: English, German, Dutch, French, Spanish, Italian, Portuguese, Polish, Czech, Danish, Norwegian, Swedish
# and Finnish. What is more telling stands first: a "unit price" is a price, an "order number" is a number of pieces in no language.
_OTHER = """
    price preis prijs prix precio prezzo preco cena pris hinta ar amount betrag bedrag montant importe importo valor wartosc kwota belopp belob
    total summe summa somme suma totaal desc bezeichnung beschreibung omschrijving libelle descri opis popis beskriv kuvaus name naam nom nombre
    nome nazwa nazev navn namn nimi color colour farbe kleur couleur kolor barva farve farge farg size grosse maat taille talla taglia tamanho
    rozmiar velikost storrelse storlek koko brand marke merk marque marca marka znacka discount rabat rabatt korting remise descuento sconto
    desconto mengeneinheit einheit eenheid currency wahrung valuta devise moneda date datum fecha data dato note bemerkung opmerking remarque
    nota line zeile regel ligne linea linha pos position row stock bestand voorraad weight gewicht poids peso vat mwst btw tva iva
""".split()  # noqa: SIM905
_NUMBER = """
    sku item article articolo articulo artigo artik artykul arti artnr number nummer numero numer cislo nr no num part code kod codigo codice
    referenc referen ref gtin ean upc barcode strichcode codebarre product produkt produit producto prodotto produto produk tuote style variant
    modell model modele modelo indeks symbol vare varenr varenum tilausnumero bestellnummer bestellnr bestelnummer bestelnr ordernum ordernr
""".split()  # noqa: SIM905
_QUANTITY = """
    qty units quantit quantidade cantidad menge anzahl aantal hoeveelheid stuck stuks stk piece pieces pcs piezas pezzi pecas pz pza unit unidad
    unita unidade ilosc sztuk szt mnozstvi pocet kusy ks antal antall mengde maara kpl count order bestel bestell commande pedido ordine
    encomenda zamow objednavka qte qta cant ctd
""".split()  # noqa: SIM905
_KINDS = ((Column.OTHER, _OTHER), (Column.NUMBER, _NUMBER), (Column.QUANTITY, _QUANTITY))
# Of "Product" and "Product code" the second is the number.
_TELLING = re.compile(r"sku|gtin|ean|upc|cod|num|ref|\b(?:nr|no)\b|nr\b")
_SHORT = 4  # a word this short has to be met whole


@dataclass(frozen=True, slots=True)
class Head:
    """The places of number and quantity; `titles` as they were written."""

    number: int | None
    quantity: int | None
    titles: tuple[str, ...]
    several: tuple[str, ...] = ()  # titles that could all be the quantity


def head_of(cells: Sequence[str]) -> Head | None:
    """The columns, when this line names at least one of those that are asked for."""
    kinds = [kind_of(cell) for cell in cells]
    numbers = [place for place, kind in enumerate(kinds) if kind is Column.NUMBER]
    number = min(numbers, key=lambda place: not _TELLING.search(fold(cells[place])), default=None)
    quantities = [place for place, kind in enumerate(kinds) if kind is Column.QUANTITY]
    if number is None and not quantities:
        return None
    several = tuple(cells[place] for place in quantities) if len(quantities) > 1 else ()
    return Head(number, quantities[0] if len(quantities) == 1 else None, tuple(cells), several)


def kind_of(title: str) -> Column | None:
    """What the column holds, or None when no word of its title is known."""
    words = re.findall(r"[a-z]+", fold(title))
    return next((kind for kind, stems in _KINDS if any(_is(word, stem) for word in words for stem in stems)), None)


def _is(word: str, stem: str) -> bool:
    return word == stem if len(stem) <= _SHORT else word.startswith(stem)
