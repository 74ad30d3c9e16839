"""Puts sizes in the order in which people read them, whatever order they came in: XS to 5XL, 36 to 52, 32/34 before 34/32. Pure."""

import re
from collections.abc import Sequence

Key = tuple[tuple[float, ...], str]

_WORDS = {
    "xxsmall": "XXS", "extrasmall": "XS", "xsmall": "XS", "small": "S", "medium": "M", "large": "L", "xlarge": "XL", "extralarge": "XL",
    "xxlarge": "XXL", "xxxlarge": "3XL",
}  # fmt: skip
_ONE_SIZE = {
    "onesize", "onesizefitsall", "os", "osfa", "uni", "unisize", "universal", "einheitsgrosse", "einheitsgröße", "tu", "tailleunique", "nosize",
    "freesize", "ns",
}  # fmt: skip
_LETTERS = re.compile(r"(?P<times>\d*)(?P<many>X*)(?P<base>[SML])")
_ALPHA_RANGE = re.compile(r"(.+?)[/-](.+)")
_NUMBER = r"\d+(?:[.,]\d+)?"
_NUMBERS = re.compile(
    rf"(?P<before>[^\d]*?)(?P<first>{_NUMBER})(?:(?:\s*[-–/x×]\s*|\s+)(?P<between>[^\d]*?)(?P<second>{_NUMBER}))?(?P<after>[^\d]*)"
)
_FRACTION = re.compile(r"\s*([½¼¾])")
_PARTS = {"½": ".5", "¼": ".25", "¾": ".75"}


def natural_order(values: Sequence[str]) -> list[str] | None:
    """The values as sizes in their order; None when one of them is no size, or when they are not of one kind."""
    keys = [_key(value) for value in values]
    kinds = {key[1] for key in keys if key is not None and key[1] != _FITS_ALL}
    if None in keys or len(kinds) > 1:
        return None
    places = dict(zip(values, keys, strict=True))
    return sorted(values, key=lambda value: places[value] or ((), ""))


def is_natural(values: Sequence[str]) -> bool:
    return natural_order(values) == list(values)


_FITS_ALL = "fits all"


def _key(value: str) -> Key | None:
    """What to sort by, and the kind of size."""
    text = " ".join(_FRACTION.sub(lambda found: _PARTS[found[1]], value).split())
    plain = re.sub(r"[\s_.-]", "", text).casefold()
    if plain in _ONE_SIZE:
        return (-1000.0,), _FITS_ALL
    letters = _letters(text)
    if letters is not None:
        return letters, "letters"
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return None
    unit = f"{_unit(found['before'])}#{_unit(found['between'] or '')}#{_unit(found['after'])}"
    numbers = [float(number.replace(",", ".")) for number in (found["first"], found["second"]) if number]
    return (*numbers, *(() if found["second"] else (0.0,))), unit if found["second"] is None else _bare(unit)


def _letters(text: str) -> tuple[float, ...] | None:
    """XXS is below XS, 3XL is XXXL, and S/M stands between S and M."""
    found = _ALPHA_RANGE.fullmatch(text)
    if found and (first := _letter(found[1])) is not None and (second := _letter(found[2])) is not None:
        return (first, second)
    one = _letter(text)
    return None if one is None else (one, one - 0.5)


def _letter(text: str) -> float | None:
    plain = re.sub(r"[\s_.-]", "", text)
    found = _LETTERS.fullmatch(_WORDS.get(plain.casefold(), plain).upper())
    if found is None or (found["times"] and not found["many"]):
        return None
    times = int(found["times"]) if found["times"] else len(found["many"])
    return {"S": -1.0 - times, "M": 0.0, "L": 1.0 + times}[found["base"]] if times == 0 or found["base"] != "M" else None


def _unit(text: str) -> str:
    return re.sub(r"[\s.:()]", "", text).casefold()


def _bare(unit: str) -> str:
    """A range of a unit is the same kind as a single one of it: 36-38 stands among 36, 38 and 40."""
    before, _, after = unit.split("#")
    return f"{before}##{after}"
