"""What events come to for carriers and partners: derived, as it stands, and as margins."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

from catalog.models import Charge
from catalog.rules.pricing import round_event
from catalog.rules.selection import attribute_key, attribute_pairs
from customers.models import Account
from foundation import sql
from rating.models import DerivedRating, RatingAgreement, Usage
from rating.queries.guides import Guided, Guides
from rating.queries.prices import EventPrices
from rating.queries.terms import usage_charges, usage_types
from rating.rules.deriving import Agreement, Derived, agreed
from rating.rules.guiding import AFTER_ALL, BEFORE_ALL, Group, Guide, UsageCharge
from rating.rules.reasons import TITLES, Reason

ALWAYS = ((date(1900, 1, 1), None),)


class Deriver:
    """Rate stored events for the purposes that agreements name; reads the catalogue once."""

    def __init__(self, on_date: date) -> None:
        """Take prices of carriers and partners as the account tree hangs on `on_date`."""
        self._terms = usage_charges()
        self._types = usage_types()
        self._prices = EventPrices(on_date=on_date)
        self._guides = Guides(charges=self._terms, prices=self._prices)
        self._known: dict[tuple[int, str], Guide] = {}
        self._agreements: dict[int, list[Agreement]] = defaultdict(list)
        accounts = set()
        for one in RatingAgreement.objects.order_by("attribute_key", "pk"):
            accounts.add(one.account_id)
            self._agreements[one.charge_id].append(
                Agreement(
                    one.pk, one.purpose, one.account_id, one.own_charge_id, one.share,
                    tuple(attribute_pairs(one.attribute_key)), one.valid.lower, one.valid.upper,
                )
            )  # fmt: skip
        self._accounts = Account.objects.in_bulk(accounts)
        with connection.cursor() as cursor:
            self._prices.learn(cursor, accounts)

    def derived(self, cursor: CursorWrapper, days: Sequence[tuple[int, date]]) -> list[Derived]:
        """Return what the events of accounts and local days come to, for each purpose once."""
        dates = [day for _, day in days]
        sql.run(
            cursor, "rating", "derived_events", accounts=[account for account, _ in days],
            days=dates, since=min(dates), until=max(dates),
        )  # fmt: skip
        found = []
        for (
            event,
            account,
            own,
            charge,
            day,
            kind,
            start,
            end,
            text,
            given,
            *cost,
        ) in cursor.fetchall():
            attributes = json.loads(given)
            type_ = self._types.get(kind)
            moment = end if type_ is not None and type_.at_end else start
            for one in agreed(self._agreements[charge], attributes, day):
                head = (event, one.purpose, account, own, day, one.id)
                if one.share is not None:
                    found.append(self._shared(head, one.share, charge, cost))
                else:
                    found.append(self._rated(head, one, attributes, moment, start, text, given))
        return found

    def _shared(
        self,
        head: tuple[int, str, int, int, date, int],
        share: Decimal,
        charge_id: int,
        cost: Sequence[object],
    ) -> Derived:
        """Return a share of what an event costs by its price, before balances cover it."""
        quantity, exact, currency = cost
        assert isinstance(quantity, Decimal)
        assert isinstance(exact, Decimal)
        terms = self._terms[charge_id]
        amount = round_event(exact * share, terms.decimals, terms.mode)
        return Derived(*head, quantity, "*", amount, str(currency), None)

    def _rated(
        self,
        head: tuple[int, str, int, int, date, int],
        one: Agreement,
        attributes: dict[str, str],
        moment: str,
        start: str,
        text: str,
        given: str,
    ) -> Derived:
        """Rate an event by the charge of an agreement, as a load rates it for the customer."""
        guide = self._guide(one, attributes)
        led = (
            self._guides.lead([(BEFORE_ALL, AFTER_ALL, guide)], moment, start, text, given)
            if guide is not None
            else Reason.NO_CHARGE
        )
        currency = self._accounts[one.account_id].currency
        if isinstance(led, Reason):
            return Derived(*head, None, "*", None, currency, None, led.value)
        found = Guided(*led)
        version = found.rated.text.split("\t")[1]
        assert found.amount is not None
        return Derived(
            *head, found.billable, found.group.attribute_key, found.amount, currency, int(version)
        )

    def _guide(self, one: Agreement, attributes: dict[str, str]) -> Guide | None:
        assert one.own_charge_id is not None
        terms = self._terms[one.own_charge_id]
        if any(str(attributes.get(name)) != value for name, value in terms.filter):
            return None
        grouped = {
            name: str(attributes[name])
            for name in terms.price_names
            if name in attributes and not (name == "zone" and terms.zones is not None)
        }
        key = one.id, attribute_key(grouped)
        found = self._known.get(key)
        if found is None:
            account = self._accounts[one.account_id]
            guide = Guide(
                account_id=account.pk, service_id=0, currency=account.currency,
                zone=account.time_zone, charge=UsageCharge(0, terms, ALWAYS),
                group=Group(key[1], grouped),
            )  # fmt: skip
            self._guides.enricher.prepare(guide)
            found = self._known[key] = guide
        return found


def standing_derived(
    cursor: CursorWrapper, days: Sequence[tuple[int, date]], events: Sequence[int]
) -> list[Derived]:
    """Return what stands derived of accounts and local days, and of events wherever they were."""
    sql.run(
        cursor, "rating", "standing_derived", accounts=[account for account, _ in days],
        days=[day for _, day in days], events=list(events),
    )  # fmt: skip
    return [Derived(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Told:
    """What an event comes to for a purpose, with whom and by what it was agreed."""

    row: DerivedRating
    agreement: RatingAgreement

    @property
    def by(self) -> str:
        """Say by what it is rated."""
        return said_by(self.agreement)

    @property
    def problem(self) -> str:
        """Say why it could not be rated; empty where it could."""
        return TITLES[Reason(self.row.reason)] if self.row.reason else ""


def said_by(agreement: RatingAgreement) -> str:
    """Say by what an agreement rates: a charge, or a share of the retail amount."""
    if agreement.own_charge is not None:
        return agreement.own_charge.reference
    percent = f"{(agreement.share or 0) * 100:f}"
    return f"{percent.rstrip('0').rstrip('.')} % of retail"


def derived_of(event: Usage) -> list[Told]:
    """Return what an event comes to for each purpose."""
    rows = list(DerivedRating.objects.filter(event_id=event.id).order_by("purpose"))
    if not rows:
        return []
    agreements = RatingAgreement.objects.select_related("account", "own_charge").in_bulk(
        [row.agreement_id for row in rows]
    )
    return [Told(row, agreements[row.agreement_id]) for row in rows]


def agreements() -> QuerySet[RatingAgreement]:
    """Return the agreements, the newest first."""
    return RatingAgreement.objects.select_related("charge", "account", "own_charge")


def usage_charges_listed() -> QuerySet[Charge]:
    """Return the usage charges."""
    return Charge.objects.filter(kind="USAGE").order_by("reference")


def derivable_charges() -> QuerySet[Charge]:
    """Return the usage charges whose events are rated one by one."""
    return usage_charges_listed().filter(usage_rounding="EVENT")


@dataclass(frozen=True, slots=True)
class Margin:
    """What the usage of a charge brings in a currency, costs and shares out.

    `retail` is None where its bill lines price the usage; `unrated` counts what a purpose could
    not rate.
    """

    reference: str
    currency: str
    events: int
    retail: Decimal | None
    wholesale: Decimal
    partner: Decimal
    unrated: int

    @property
    def margin(self) -> Decimal | None:
        """Return retail less wholesale less partner."""
        return None if self.retail is None else self.retail - self.wholesale - self.partner


def derived_ratings(*, account_id: int, start: date, end: date) -> QuerySet[DerivedRating]:
    """Return what the events of an account over local days [start, end) come to for purposes.

    The days are named one by one: the index begins with the day, so each is looked up by key.
    """
    days = [start + timedelta(days=one) for one in range((end - start).days)]
    return DerivedRating.objects.filter(account_id=account_id, on_date__in=days)


def margins(*, start: date, end: date, entities: Collection[int] | None = None) -> list[Margin]:
    """Return the margins of usage of local days [start, end) by charge and currency.

    Retail is what is charged, after what balances cover. `entities` limits it to customers of
    theirs.
    """
    limit = None if entities is None else sorted(entities)
    with connection.cursor() as cursor:
        sql.run(cursor, "rating", "margins", start=start, finish=end, entities=limit)
        return [Margin(*row) for row in cursor.fetchall()]
