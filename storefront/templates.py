"""Renders the pages' templates with the formats and icons that they share; everything is escaped unless a macro of ours drew it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from storefront import areas, formats, grid, static, swatches

FOLDER = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters.update(
        amount=formats.amount,
        money=formats.money,
        rounded=formats.rounded,
        plain=formats.plain,
        day=formats.day,
        moment=formats.moment,
        rate=formats.rate,
        words=formats.words,
        ident=ident,
    )
    env.globals.update(
        static=static.url,
        count=formats.count,
        digits=formats.digits,
        fill=swatches.fill,
        stock=grid.stock,
        ORDER_STATUS=formats.ORDER_STATUS,
        FULFILMENT=formats.FULFILMENT,
        PAYMENT_METHOD=formats.PAYMENT_METHOD,
        PRICE_SOURCE=formats.PRICE_SOURCE,
        REORDER=formats.REORDER,
        SORTS=formats.SORTS,
        BUYERS=areas.BUYERS,
        ORDERS=areas.ORDERS,
        KEEPS_COMPANIES=areas.KEEPS_COMPANIES,
        TERMS=areas.TERMS,
        TAX=areas.TAX,
        SHIPPING=areas.SHIPPING,
        WAREHOUSES=areas.WAREHOUSES,
        FAILURES=areas.FAILURES,
        areas_of=areas.areas_of,
    )
    return env


def ident(id: str) -> str:
    """An API id in a form that an element's id may have."""
    return re.sub(r"\W", "-", id, flags=re.ASCII)


def render(name: str, values: dict[str, Any]) -> str:
    return environment().get_template(name).render(values)
