"""What a price that is not in force would have billed for the usage of the last period.

The payers of each cycle are read as a run of its last bill date would read them, and what the
charge owes for its last full period is worked out twice by the run's own code: with the catalogue
as it is, and with the price in place of those that ask for the same. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import connection

import catalog.queries
import customers.queries
from catalog.choices import ChargeKind, UsageRounding
from catalog.models import PriceVersion
from catalog.queries import CompiledCatalog, price_candidate
from customers.models import Account, SubscriptionCharge
from foundation.errors import Refusal
from invoicing.models import BillCycle, BillRun
from invoicing.operations.frame import Frame
from invoicing.operations.inputs import Payer, read_chunk
from invoicing.rules.charging import owed_last

ZERO: Final = Decimal(0)
CHUNK: Final = 1_000


class CannotSimulate(Refusal):
    """The charge is priced when its events are stored, or is due only once."""

    rule = "PRC-1"


class Simulated(NamedTuple):
    """What an account would have been billed for its last period, before tax.

    `problem` says why one of the two could not be worked out; its amount is zero then.
    """

    account_id: int
    account_number: str
    account_name: str
    currency: str
    start: date
    end: date
    quantity: Decimal
    before: Decimal
    after: Decimal
    problem: str = ""

    @property
    def difference(self) -> Decimal:
        """Return by how much the price would have changed it."""
        return self.after - self.before


@dataclass(slots=True)
class _Owed:
    start: date = date.min
    end: date = date.min
    quantity: Decimal = ZERO
    amount: Decimal = ZERO
    problem: str = ""


def simulate_price(
    *, price: PriceVersion, entities: Collection[int] | None = None
) -> list[Simulated]:
    """Return what a price would have billed for the last period, by account; no side effect.

    As if it had been valid all through the period; prices agreed with customers stay. Of each
    cycle the last run that was posted says which period that is. Accounts that owe nothing either
    way are left out; the greatest difference comes first. `entities` limits the payers.

    Raises: CannotSimulate.
    """
    charge = price.charge
    if charge.kind == ChargeKind.ONE_TIME:
        raise CannotSimulate("a charge that is due once has no last period")
    if charge.kind == ChargeKind.USAGE and charge.usage_rounding == UsageRounding.EVENT:
        raise CannotSimulate(
            "this charge rounds each event by itself when it is stored; publish the price and"
            " rehearse rating the usage again to see the difference"
        )
    now = catalog.queries.compiled()
    then = with_price(now, price)
    found: list[Simulated] = []
    for cycle, bill_date, payers in _cycles(price, entities):
        run = BillRun(pk=0, cycle=cycle, bill_date=bill_date)
        frames = Frame(run, cycle, now), Frame(run, cycle, then)
        for at in range(0, len(payers), CHUNK):
            found += _chunk(price, frames, payers[at : at + CHUNK])
    return sorted(found, key=lambda one: (-abs(one.difference), one.account_number))


def with_price(now: CompiledCatalog, price: PriceVersion) -> CompiledCatalog:
    """Return the catalogue with a price in place of those that ask for the same, for all time."""
    terms = now.charges[price.charge_id]
    own = replace(price_candidate(price, terms), starts=date.min, ends=None)
    key = (price.charge_id, price.pricebook_id, price.currency)
    kept = [
        one
        for one in now.prices.get(key, ())
        if (one.segment, one.region, one.channel, one.attributes)
        != (own.segment, own.region, own.channel, own.attributes)
    ]
    return CompiledCatalog(
        stamp=f"{now.stamp}+{price.pk}",
        charges=now.charges,
        parents=now.parents,
        prices={**now.prices, key: (*kept, own)},
        terms={**now.terms, own.terms.price_version_id: own.terms},
    )


def _cycles(
    price: PriceVersion, entities: Collection[int] | None
) -> Iterator[tuple[BillCycle, date, list[int]]]:
    """Yield each cycle with its last posted bill date and who pays for the charge on it."""
    owners = sorted(
        SubscriptionCharge.objects.filter(charge_id=price.charge_id)
        .values_list("account_id", flat=True)
        .distinct()
    )
    for cycle in BillCycle.objects.order_by("code"):
        last = (
            BillRun.objects.cyclic()
            .filter(cycle=cycle, posted_at__isnull=False)
            .order_by("-bill_date")
            .first()
        )
        if last is None:
            continue
        payers = Account.objects.filter(
            pk__in=set(customers.queries.payers_of([(one, last.bill_date) for one in owners])),
            cycle_code=cycle.code,
            currency=price.currency,
        )
        if entities is not None:
            payers = payers.filter(entity_id__in=entities)
        yield cycle, last.bill_date, sorted(payers.values_list("pk", flat=True))


def _chunk(
    price: PriceVersion, frames: tuple[Frame, Frame], payers: Sequence[int]
) -> Iterator[Simulated]:
    before, after = (
        _owed(price, frame, inputs)
        for frame, inputs in zip(frames, _inputs(frames, payers), strict=True)
    )
    accounts = Account.objects.in_bulk(before.keys() | after.keys())
    for pk, account in accounts.items():
        old, new = before.get(pk, _Owed()), after.get(pk, _Owed())
        one = max(old, new, key=lambda each: each.end)
        problem = new.problem or old.problem
        if old.amount or new.amount or problem:
            yield Simulated(
                pk, account.number, account.name, price.currency, one.start, one.end,
                one.quantity, old.amount, new.amount, problem,
            )  # fmt: skip


def _inputs(
    frames: tuple[Frame, Frame], payer_ids: Sequence[int]
) -> tuple[Mapping[int, Payer], Mapping[int, Payer]]:
    """Read the payers; once for both catalogues, unless they sum usage by other steps."""
    now, then = frames
    with connection.cursor() as cursor:
        before = read_chunk(cursor, payer_ids, now.window, now.steps)
        if (then.window, then.steps) == (now.window, now.steps):
            return before, before
        return before, read_chunk(cursor, payer_ids, then.window, then.steps)


def _owed(price: PriceVersion, frame: Frame, payers: Mapping[int, Payer]) -> dict[int, _Owed]:
    """Return what the charge owes for its last full period, by the account that owns it."""
    found: dict[int, _Owed] = {}
    for payer in payers.values():
        _add(price.charge_id, frame, payer, found)
    return found


def _add(charge_id: int, frame: Frame, payer: Payer, found: dict[int, _Owed]) -> None:
    calendar, who = frame.calendar(payer), frame.who(payer)
    for number, life in payer.lives:
        if number != charge_id:
            continue
        owed = found.setdefault(life.owner_id, _Owed())
        try:
            period, targets = owed_last(life, frame.plans[charge_id], who, calendar, frame.prices)
        except Exception as error:
            if getattr(error, "rule", None) is None:
                raise
            owed.problem = str(error)
            continue
        if period is None:
            continue
        owed.start, owed.end = period.start, period.end
        for target in targets:
            owed.quantity += target.quantity
            owed.amount += target.amount
