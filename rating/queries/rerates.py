"""What a job that rates usage again would touch."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from catalog.models import Charge, Product
from customers.models import Account, SubscriptionCharge
from foundation import sql
from foundation.errors import Invalid
from rating.models import RerateChange, RerateJob, UsageAggregate


@dataclass(frozen=True, slots=True)
class Summed:
    """How many events the sums of an account count, and a fingerprint of these sums."""

    events: int = 0
    fingerprint: Decimal = Decimal(0)


def sums_by_account(
    *, start: date, end: date, account_ids: Collection[int] | None
) -> Mapping[int, Summed]:
    """Return the sums of local days [start, end) by account; None is every account."""
    with connection.cursor() as cursor:
        sql.run(
            cursor,
            "rating",
            "sums_by_account",
            start=start,
            finish=end,
            accounts=None if account_ids is None else list(account_ids),
        )
        return {account: Summed(count, mark) for account, count, mark in cursor.fetchall()}


def accounts_numbered(numbers: Collection[str]) -> list[int]:
    """Return the accounts of these numbers, each once.

    Raises: Invalid, naming the first that there is not.
    """
    found = dict(Account.objects.filter(number__in=numbers).values_list("number", "id"))
    if missing := sorted(set(numbers) - set(found)):
        raise Invalid(f"there is no account {missing[0][:32]!r}", rule="UNKNOWN")
    return list(found.values())


def users_of(
    *, start: date, end: date, charge: Charge | None = None, product: Product | None = None
) -> list[int]:
    """Return the accounts that used a charge, or any charge of a product, on local days."""
    own = SubscriptionCharge.objects.all()
    if charge is not None:
        own = own.filter(charge=charge)
    if product is not None:
        own = own.filter(charge__product=product)
    return list(
        UsageAggregate.objects.filter(
            on_date__gte=start, on_date__lt=end, subscription_charge_id__in=own.values("id")
        )
        .order_by("account_id")
        .values_list("account_id", flat=True)
        .distinct()
    )


def largest_changes(job: RerateJob, *, most: int) -> Sequence[RerateChange]:
    """Return what the job changes most, by worth."""
    rows = RerateChange.objects.filter(job=job)
    return sorted(rows, key=lambda one: -abs(one.worth_after - one.worth_before))[:most]
