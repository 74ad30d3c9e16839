"""Turns a colour's name into a fill for its swatch, so that a row is found by eye as well as by word."""

from __future__ import annotations

import re
from typing import Any

COLOUR_AXES = {"colour", "color", "colours", "colors", "farbe", "couleur", "kleur"}
FILLS = {
    "black": "#1d1f22", "anthracite": "#34393e", "charcoal": "#3b4045", "graphite": "#45494e", "slate": "#56616b",
    "grey": "#8a9096", "gray": "#8a9096", "silver": "#c3c8cc", "white": "#ffffff", "ivory": "#f6f1e1",
    "cream": "#f3ead2", "ecru": "#ece3cc", "natural": "#e6dcc4", "beige": "#d9c9a8", "sand": "#cdb88e",
    "khaki": "#a8986a", "stone": "#b8b0a0", "taupe": "#8b7d6b", "tan": "#c19a6b", "camel": "#b98d55",
    "brown": "#5d4432", "chocolate": "#43302a", "cognac": "#9a5a2f", "navy": "#22304f", "midnight": "#1a2238",
    "blue": "#2f62b5", "royal": "#2747a8", "cobalt": "#1f4fb0", "sky": "#86bbe6", "petrol": "#19535f",
    "denim": "#4a6286", "indigo": "#37406f", "turquoise": "#37b5b0", "teal": "#1f7a78", "aqua": "#6fcfd0",
    "green": "#2f7a45", "bottle": "#174832", "olive": "#5a5f3a", "lime": "#a5cf3b", "mint": "#a9dcc3",
    "forest": "#22492f", "yellow": "#e3e24a", "gold": "#caa243", "mustard": "#cf9f2f", "orange": "#e8762d",
    "rust": "#a2512b", "copper": "#b06d43", "bronze": "#8c6b3f", "red": "#b8262c", "burgundy": "#6c1f32",
    "wine": "#641c30", "bordeaux": "#5e1a2c", "maroon": "#5f1d22", "coral": "#ef7f68", "pink": "#e69ab4",
    "rose": "#d9a0a0", "magenta": "#b52a7a", "purple": "#67409a", "violet": "#6f51ad", "lilac": "#b8a2d3",
    "lavender": "#b9aedb", "plum": "#5c2c50",
}  # fmt: skip


def fill(options: list[dict[str, Any]]) -> str | None:
    """The fill for a row's colour, or None where it has none that is known: no swatch is better than a wrong one."""
    for option in options:
        if option["name"].lower() in COLOUR_AXES:
            return named(option["value"])
    return None


def named(colour: str) -> str | None:
    """The last word that is a colour decides (hi-vis yellow is a yellow), unless an earlier one is more exact (royal blue)."""
    known = [word for word in re.findall(r"[a-z]+", colour.lower()) if word in FILLS]
    if not known:
        return None
    exact = [word for word in known if word not in {"blue", "green", "red", "grey", "gray", "brown"}]
    return FILLS[(exact or known)[-1]]
