"""Codes that stand in part numbers for colours, lenses and lengths: what a buyer reads, and the colour in which a picture is drawn."""

from typing import NamedTuple


class Shade(NamedTuple):
    label: str
    hex: str


SHADES: dict[str, Shade] = {
    "BLK": Shade("Black", "24282d"),
    "NAV": Shade("Navy", "22304f"),
    "GRA": Shade("Graphite", "5b636b"),
    "OLV": Shade("Olive", "5a5f3a"),
    "KHA": Shade("Khaki", "a8946c"),
    "BRN": Shade("Brown", "5e4534"),
    "WHT": Shade("White", "eef0f1"),
    "RED": Shade("Red", "b02a2e"),
    "BUR": Shade("Burgundy", "6b2233"),
    "ROY": Shade("Royal blue", "2456a6"),
    "BLU": Shade("Blue", "2f6b9e"),
    "SKY": Shade("Light blue", "a3c3df"),
    "PET": Shade("Petrol", "1d5564"),
    "TEA": Shade("Teal", "2a8a8c"),
    "BOT": Shade("Bottle green", "1f5a41"),
    "YEL": Shade("Yellow", "f0c330"),
    "ORA": Shade("Orange", "d9652b"),
    "HVY": Shade("Hi-vis yellow", "d8e02a"),
    "HVO": Shade("Hi-vis orange", "f2682a"),
    "CLR": Shade("Clear", "c9d6de"),
    "SMK": Shade("Smoke", "6a7178"),
    "AMB": Shade("Amber", "e0a03a"),
    # Not colours, but what some styles vary in.
    "L90": Shade("90 cm", "24282d"),
    "L120": Shade("120 cm", "24282d"),
    "L150": Shade("150 cm", "24282d"),
    "D15": Shade("+1.5", "c9d6de"),
    "D20": Shade("+2.0", "c9d6de"),
    "D25": Shade("+2.5", "c9d6de"),
}

# What makes cloth in these colours dearer: the certificate behind it.
HIGH_VISIBILITY = frozenset({"HVY", "HVO"})
