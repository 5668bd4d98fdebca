"""Many prices taken through one step of their life together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction

from catalog.models import PriceVersion
from catalog.operations import prices
from foundation.errors import Invalid

STEPS = ("submit", "approve", "publish", "discard")


def advance_prices(
    *, price_ids: Sequence[int], step: str, on_date: date, actor: User | None, comment: str = ""
) -> int:
    """Submit, approve, publish or discard prices, all or none; return how many.

    The first refusal stops all and names the price.

    Raises: the refusals of the single steps; Invalid.
    """
    if step not in STEPS:
        raise Invalid(f"there is no step {step}", rule="VERSION-STATE")
    if not price_ids:
        raise Invalid("choose at least one price", rule="REQUIRED")
    wanted = sorted(set(price_ids))
    with transaction.atomic():
        known = PriceVersion.objects.filter(pk__in=wanted).order_by("valid", "pk")
        found = list(known.values_list("pk", flat=True))
        if len(found) != len(wanted):
            raise Invalid("one of the prices does not exist any more", rule="UNKNOWN")
        for pk in found:
            if step == "submit":
                prices.submit_price(price_id=pk, actor=actor, reason=comment)
            elif step == "approve":
                prices.approve_price(price_id=pk, actor=actor, comment=comment)
            elif step == "publish":
                prices.publish_price(price_id=pk, on_date=on_date, actor=actor)
            else:
                prices.discard_price(price_id=pk, actor=actor)
    return len(found)
