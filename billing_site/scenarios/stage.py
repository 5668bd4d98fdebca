"""What stands before a scenario begins, and what it knows by name while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

import ledger.operations
import rating.operations
from billing_site.demo import cast, places, shelf
from billing_site.demo.cast import Cast
from billing_site.demo.plans import ProductPlan
from catalog.models import Charge, OfferVersion
from customers.models import Account, Contract, Order, Subscription
from foundation.errors import Invalid
from invoicing.models import Invoice
from ledger.models import LegalEntity
from payments.models import Payment
from rating.models import UsageSource
from tax.models import Jurisdiction

PRODUCTS = (
    ProductPlan("SERVICE", "Service", "Scenario", "SERVICE", "SERVICE", "RECURRING"),
    ProductPlan("USAGE", "Usage", "Scenario", "USAGE", "SERVICE", "USAGE", "ON_USAGE"),
    ProductPlan("FEE", "Fee", "Scenario", "FEE", "SERVICE", "ONE_TIME", "POINT_IN_TIME"),
    ProductPlan("TELECOM", "Telecom", "Scenario", "SERVICE", "TELECOM", "RECURRING"),
    ProductPlan("ELECTRONIC", "Electronic", "Scenario", "SERVICE", "ELECTRONIC", "RECURRING"),
)
SOURCE = "SCENARIO"
BOOKS_UNTIL = date(2031, 1, 1)

Named = TypeVar("Named")


class NoSuchName(Invalid):
    """A step speaks of something that the scenario does not have."""

    rule = "SCENARIO"


@dataclass(frozen=True, slots=True)
class Stage:
    """The demo's companies, places, taxes and people, and nothing sold yet."""

    cast: Cast
    entities: dict[str, LegalEntity]
    places: dict[str, Jurisdiction]
    source: UsageSource


@dataclass(frozen=True, slots=True)
class Shelf:
    """The offers that a scenario finds on sale, and the kind of identifier of their services."""

    versions: dict[str, OfferVersion]
    identifiers: dict[str, str]


def set_stage() -> Stage:
    """Set up on an empty database what every scenario finds; done once for many."""
    people = cast.gather("no one signs in here")
    entities = places.found()
    places.tax_tables(entities)
    both = {"US": entities.us, "EU": entities.eu}
    first = places.BOOKS_FROM.replace(year=places.BOOKS_FROM.year + 2)
    months = (BOOKS_UNTIL.year - first.year) * 12
    for entity in both.values():
        ledger.operations.open_periods(entity=entity, first=first, months=months, actor=None)
    shelf.define_words()
    shelf.define_products(PRODUCTS)
    source = rating.operations.define_source(
        code=SOURCE,
        name="Scenario",
        session_attribute="session",
        sequence_attribute="part",
        last_attribute="last",
    )
    found = {place.code: place for place in Jurisdiction.objects.all()}
    return Stage(people, both, found, source)


@dataclass(slots=True)
class Scene:
    """A scenario under way: its day, and what it knows by name."""

    stage: Stage
    currency: str
    day: date = date.min
    seconds: int = 0
    accounts: dict[str, Account] = field(default_factory=dict)
    versions: dict[str, OfferVersion] = field(default_factory=dict)
    identifiers: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)

    @classmethod
    def of(cls, stage: Stage, shelf: Shelf, currency: str) -> Scene:
        """Open a scene before a shelf, which stays as it is whatever is sold later."""
        return cls(
            stage,
            currency,
            versions=dict(shelf.versions),
            identifiers=dict(shelf.identifiers),
        )

    @property
    def cast(self) -> Cast:
        """Return who acts."""
        return self.stage.cast

    @property
    def now(self) -> datetime:
        """Return the moment of the step: noon, a second later with every step."""
        return datetime.combine(self.day, time(12), UTC) + timedelta(seconds=self.seconds)

    def account(self, name: str) -> Account:
        """Return an account as it is now. Raises: NoSuchName."""
        row = _named(self.accounts, name, "account")
        row.refresh_from_db()
        return row

    def subscription(self, name: str) -> Subscription:
        """Return a subscription as it is now. Raises: NoSuchName."""
        row = _named(self.subscriptions, name, "subscription")
        row.refresh_from_db()
        return row

    def version(self, name: str) -> OfferVersion:
        """Return the version of an offer that is sold. Raises: NoSuchName."""
        return _named(self.versions, name, "offer")

    def contract(self, name: str) -> Contract:
        """Return a contract. Raises: NoSuchName."""
        return _named(self.contracts, name, "contract")

    def payment(self, name: str) -> Payment:
        """Return a payment. Raises: NoSuchName."""
        return _named(self.payments, name, "payment")

    def order(self, name: str) -> Order:
        """Return an order. Raises: NoSuchName."""
        return _named(self.orders, name, "order")

    def charge(self, name: str) -> Charge:
        """Return a charge written OFFER.CHARGE. Raises: NoSuchName."""
        offer, _, code = name.partition(".")
        charge = Charge.objects.filter(offer_version=self.version(offer), code=code).first()
        if charge is None:
            raise NoSuchName(f"there is no charge {name}; write OFFER.CHARGE")
        return charge

    def place(self, code: str) -> Jurisdiction:
        """Return a place that taxes. Raises: NoSuchName."""
        return _named(self.stage.places, code, "place")

    def document(self, name: str) -> Invoice:
        """Return a posted document written `ACCOUNT DATE`, the invoice where there are two.

        Raises: NoSuchName.
        """
        account, _, day = name.partition(" ")
        issued = Invoice.objects.filter(payer=self.account(account), state="POSTED")
        found = next(
            (
                one
                for one in issued.order_by("-doc_type", "id")
                if one.invoice_date.isoformat() == day
            ),
            None,
        )
        if found is None:
            raise NoSuchName(f"there is no document {name}; write ACCOUNT DATE")
        return found


def _named(known: dict[str, Named], name: str, what: str) -> Named:
    if name not in known:
        raise NoSuchName(f"there is no {what} {name}; known are {', '.join(sorted(known))}")
    return known[name]
