"""Pictures for a catalogue without photographs: one calm drawing per kind of article, in any colour, as SVG.

A thin grey outline keeps black articles visible on a dark page and white ones on a white page. Each file under data/drawings is a
template: $main is the colour of the article, $dark, $deep and $light are shades of it, $band a reflective band, $rubber soles and straps.
"""

from functools import cache, lru_cache
from importlib.resources import files
from string import Template

_BAND = "#ccd2d7"
_RUBBER = "#3c434a"
_BLACK, _WHITE = 0, 255


@cache
def _templates() -> dict[str, Template]:
    folder = files("backend.demo") / "data" / "drawings"
    return {file.name.removesuffix(".svg"): Template(file.read_text(encoding="utf-8")) for file in folder.iterdir()}


def is_drawn(kind: str) -> bool:
    """Whether there is a drawing of this kind of article."""
    return kind in _templates()


@lru_cache(maxsize=512)
def draw(kind: str, colour: str) -> str:
    """The picture of an article of this kind; `colour` as six hexadecimal digits. Raises KeyError for a kind that nobody drew."""
    return _templates()[kind].substitute(
        main=f"#{colour}",
        dark=_mixed(colour, _BLACK, 0.24),
        deep=_mixed(colour, _BLACK, 0.48),
        light=_mixed(colour, _WHITE, 0.38),
        band=_BAND,
        rubber=_RUBBER,
    )


def _mixed(colour: str, towards: int, share: float) -> str:
    """The colour with this share of black or white in it."""
    parts = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    return "#" + "".join(f"{round(part + (towards - part) * share):02x}" for part in parts)
