"""Agree that events are rated again for a carrier or a partner, and end that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

import audit.operations
from catalog.models import Charge
from catalog.rules.selection import attribute_key, attribute_pairs
from customers.models import Account
from foundation import sql
from foundation.errors import Invalid, Refusal
from foundation.locks import advisory_lock
from foundation.permissions import require
from foundation.scope import require_sight
from rating.models import RatingAgreement
from rating.rules.deriving import is_ambiguous

MOST_KEY: Final = 200
"""As long as the column of an attribute key is."""


class CannotAgreeRating(Refusal):
    """The events of the charge cannot be rated so, or are rated so already."""

    rule = "RATE"


def agree_rating(
    *,
    charge: Charge,
    purpose: str,
    account: Account,
    starts: date,
    own_charge: Charge | None = None,
    share: Decimal | None = None,
    attributes: Mapping[str, str] | None = None,
    actor: User | None,
) -> RatingAgreement:
    """Agree that the events of a charge are rated for a purpose from a local day on.

    By `own_charge` at the prices of `account`, or as `share` (a fraction) of what each event costs
    the customer; those that carry `attributes` only. Usage since that day is derived as well.

    Raises: Forbidden, Invalid, CannotAgreeRating.
    """
    require(actor, "rating.agree_rating")
    require_sight(actor, account)
    _check(charge, own_charge, share)
    key = _key_of(attributes or {})
    with transaction.atomic():
        advisory_lock("usage", "derive")
        _refuse_another(charge, purpose, key, starts)
        agreement = RatingAgreement.objects.create(
            charge=charge, purpose=purpose, account=account, own_charge=own_charge, share=share,
            attribute_key=key, valid=DateRange(starts, None),
        )  # fmt: skip
        _request(starts)
        _tell("usage.rating_agreed", agreement, starts, actor)
    return agreement


def end_agreement(
    *, agreement: RatingAgreement, ends: date, actor: User | None
) -> RatingAgreement:
    """Let an agreement end before a day; what it derived of later days is taken back.

    Raises: Forbidden, CannotAgreeRating where it begins on that day or later, or ended before.
    """
    require(actor, "rating.agree_rating")
    require_sight(actor, agreement.account)
    with transaction.atomic():
        advisory_lock("usage", "derive")
        held = RatingAgreement.objects.select_for_update().get(pk=agreement.pk)
        if held.valid.lower >= ends or held.valid.upper is not None:
            raise CannotAgreeRating("it begins later, or has its last day already")
        held.valid = DateRange(held.valid.lower, ends)
        held.save(update_fields=["valid"])
        _request(ends)
        _tell("usage.rating_ended", held, ends, actor)
    return held


def _check(charge: Charge, own_charge: Charge | None, share: Decimal | None) -> None:
    if (own_charge is None) == (share is None):
        raise Invalid("give either a charge or a share of the retail amount", rule="RATE")
    if share is not None and not 0 < share <= 1:
        raise Invalid("a share is above zero and at most the whole", column="share")
    if share is not None and charge.usage_rounding != "EVENT":
        raise CannotAgreeRating(
            f"{charge.reference} is priced by its line, of which no event has an amount; agree a "
            "charge, not a share"
        )
    if charge.kind != "USAGE" or (own_charge is not None and own_charge.kind != "USAGE"):
        raise CannotAgreeRating("only usage is rated for a purpose")
    if own_charge is not None and own_charge.usage_rounding != "EVENT":
        raise CannotAgreeRating(f"{own_charge.reference} does not price each event by itself")
    if own_charge is not None and own_charge.usage_type_id != charge.usage_type_id:
        raise CannotAgreeRating(f"{own_charge.reference} prices another kind of usage")


def _key_of(attributes: Mapping[str, str]) -> str:
    if any(
        not name or not value or set(",=") & set(name + value)
        for name, value in attributes.items()
    ):
        raise Invalid(
            "an attribute has a name and a value, without commas and equal signs",
            column="attributes",
        )
    key = attribute_key(dict(attributes))
    if len(key) > MOST_KEY:
        raise Invalid("name fewer attributes", column="attributes")
    return key


def _refuse_another(charge: Charge, purpose: str, key: str, starts: date) -> None:
    """Refuse what an event could meet twice, with neither the narrower."""
    pairs = tuple(attribute_pairs(key))
    for other in RatingAgreement.objects.filter(charge=charge, purpose=purpose):
        runs_on = other.valid.upper is None or other.valid.upper > starts
        if runs_on and is_ambiguous(pairs, tuple(attribute_pairs(other.attribute_key))):
            raise CannotAgreeRating(
                f"an agreement with {other.account} rates such events already "
                f"({other.attribute_key}); end it first, or name more attributes"
            )


def _request(since: date) -> None:
    with connection.cursor() as cursor:
        sql.run(
            cursor, "rating", "request_derivations_of", accounts=None, start=since, finish=None
        )


def _tell(topic: str, agreement: RatingAgreement, day: date, actor: User | None) -> None:
    audit.operations.record_event(
        topic=topic,
        subject=agreement,
        payload={
            "charge": agreement.charge.reference, "purpose": agreement.purpose,
            "account": agreement.account_id, "day": day.isoformat(),
        },
        actor=actor,
    )  # fmt: skip
