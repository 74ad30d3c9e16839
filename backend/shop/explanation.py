"""Why a price is what it is: every list that was looked at for one variant, quantity and day."""

from dataclasses import dataclass
from datetime import datetime

from backend.core import clock
from backend.core.money import UnitPrice
from backend.core.viewer import Viewer
from backend.pricing.rules import PriceSource, breaks_of, explain
from backend.shop.numbers import variants_meant
from backend.shop.queries import load_variants, offers_of
from backend.shop.scope import scope_of, strategy_of
from backend.shop.views import VariantView


@dataclass(frozen=True, slots=True)
class CandidateView:
    source: PriceSource
    label: str
    priority: int
    minimum_quantity: int
    unit_price: UnitPrice | None
    won: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ExplanationView:
    """`at`: the moment that was asked about; prices hold for the seller's whole day."""

    variant: VariantView
    quantity: int
    at: datetime
    unit_price: UnitPrice | None
    candidates: list[CandidateView]


async def explain_price(viewer: Viewer, sku: str, quantity: int, at: datetime | None = None) -> ExplanationView | None:
    """Why the variant with this SKU costs what it costs at this quantity and time; None when it means nothing that she can see, or several things."""
    moment = at or clock.now()
    scope = await scope_of(viewer, clock.day_of(moment, viewer.timezone))
    found = await load_variants(viewer, (await variants_meant(viewer, [sku])).get(sku, []))
    if len(found) != 1:
        return None
    variant = next(iter(found.values()))
    offers = (await offers_of(scope, [variant.key], scope.on)).get(variant.key, [])
    strategy = strategy_of(viewer)
    variant.breaks = breaks_of(offers, strategy)
    candidates = [
        CandidateView(
            one.price_list.source, one.price_list.label, one.price_list.priority, one.minimum_quantity,
            None if one.amount_e4 is None else UnitPrice(one.amount_e4, viewer.currency), one.won, one.reason,
        )
        for one in explain(scope.lists, offers, strategy, quantity)
    ]  # fmt: skip
    return ExplanationView(variant, quantity, moment, variant.price_for(quantity), candidates)
