"""A small company whose runs can be posted: entity, VAT, an offer of each charge kind, payers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models.functions import Now

import customers.operations
import invoicing.operations
import ledger.operations
import tax.operations
from catalog.models import (
    BundleComponent,
    Charge,
    GLCode,
    Offer,
    OfferVersion,
    PriceTier,
    PriceVersion,
    Product,
    UnitOfMeasure,
    UsageType,
)
from customers.choices import CustomerKind, OrderAction
from customers.models import Account, Subscription, SubscriptionCharge
from customers.operations import AddressInput, ItemInput
from invoicing.models import BillCycle, BillRun, Invoice
from ledger.models import LegalEntity
from tax.models import Jurisdiction, TaxCategory, TaxType

D = Decimal
START = date(2027, 1, 1)
LONG_AGO, NOTHING = date(2020, 1, 1), D(0)
RUNS = ("start_run", "approve_run", "post_run", "cancel_run", "hold_account")


def person(name: str, *codenames: str) -> User:
    """Make a member of staff with these permissions of invoicing, and the right to approve."""
    user = User.objects.create_user(name, password="x", is_staff=True)
    for codename in codenames:
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label="invoicing", codename=codename)
        )
    user.user_permissions.add(Permission.objects.get(codename="approve_request"))
    return User.objects.get(pk=user.pk)


class Company:
    """An entity with VAT of 19 %, one monthly cycle on the first, and what it sells."""

    def __init__(self, code: str = "EU", currency: str = "EUR", **entity: Any) -> None:
        self.currency = currency
        self.entity: LegalEntity = ledger.operations.ensure_entity(
            code=code,
            name="Larkfield",
            country="AV",
            functional_currency=entity.pop("functional_currency", currency),
            time_zone="Europe/Berlin",
            books_from=START,
            **entity,
        )
        self.place: Jurisdiction = tax.operations.add_jurisdiction(
            code="AV", name="Avalon", level="COUNTRY", actor=None
        )
        self.vat: TaxType = tax.operations.add_tax_type(code="VAT", name="VAT", actor=None)
        day = {"starts": START, "on_date": START, "actor": None}
        at: dict[str, Any] = {"jurisdiction": self.place, "tax_type": self.vat, **day}
        tax.operations.add_rate(rate=D("0.19"), **at)
        tax.operations.add_rule(treatment="TAXABLE", rate_code="STANDARD", **at)
        tax.operations.register_entity(
            entity_id=self.entity.pk, jurisdiction=self.place, number="AV1", starts=START,
            actor=None,
        )  # fmt: skip
        self.category: TaxCategory = tax.operations.define_category(
            code="TELECOM", name="Telecom", nature="TELECOM", actor=None
        )
        self.gl = GLCode.objects.create(code="RECURRING", name="Recurring", revenue_account="4000")
        self.cycle = BillCycle.objects.create(code="C1", name="First of the month")
        self.clerk = person("clerk", *RUNS)
        self.boss = person("boss", *RUNS)

    def offer(self, code: str, *charges: dict[str, Any], **made_of: str) -> OfferVersion:
        """Publish an offer; a charge is given by its columns and `price`, `tiers`, `flat`.

        A bundle is made of other offers, each with its treatment.
        """
        product = Product.objects.create(
            code=code, name=code.title(), product_type="SERVICE", tax_category=self.category,
            gl_code=self.gl,
        )  # fmt: skip
        version = OfferVersion.objects.create(
            offer=Offer.objects.create(code=code, name=code.title()),
            number=1,
            sale_window=(date(2020, 1, 1), None),
        )
        for seq, given in enumerate(charges, start=1):
            self._charge(version, product, seq, dict(given))
        for part, treatment in made_of.items():
            BundleComponent.objects.create(
                offer_version=version, offer=Offer.objects.get(code=part), treatment=treatment,
                ssp_weight=D(10),
            )  # fmt: skip
        walk(version)
        return version

    def _charge(
        self, version: OfferVersion, product: Product, seq: int, given: dict[str, Any]
    ) -> None:
        price, flat = given.pop("price", D(0)), given.pop("flat", D(0))
        tiers = given.pop("tiers", ())
        more = given.pop("price_columns", {})
        kind = given.setdefault("kind", "RECURRING")
        if kind == "USAGE":
            given.setdefault("usage_type", self.voice())
            given.setdefault("timing", "ARREARS")
        columns = {
            "code": f"C{seq}",
            "name": f"Charge {seq}",
            "price_model": "PER_UNIT",
            "timing": "ADVANCE",
            **given,
        }
        charge = Charge.objects.create(
            offer_version=version,
            product=product,
            sequence=seq,
            reference=f"{version.offer.code}/1/{columns['code']}",
            **columns,
        )
        self.price(charge, price, flat=flat, tiers=tiers, **more)

    def price(
        self, charge: Charge, price: Decimal, *, flat: Decimal = NOTHING,
        starts: date = LONG_AGO, ends: date | None = None, tiers: Any = (), **more: Any,
    ) -> PriceVersion:  # fmt: skip
        """Publish a price of a charge."""
        row = PriceVersion.objects.create(
            charge=charge, currency=self.currency, valid=(starts, ends), unit_price=price,
            flat_amount=flat, **more,
        )  # fmt: skip
        for seq, (upper, unit, *cell) in enumerate(tiers, start=1):
            PriceTier.objects.create(
                price_version=row, seq=seq, upper_inclusive=upper, unit_price=unit,
                cell=cell[0] if cell else "",
            )  # fmt: skip
        walk(row)
        return row

    def voice(self) -> UsageType:
        unit, _ = UnitOfMeasure.objects.get_or_create(
            code="MIN", defaults={"name": "Minute", "dimension": "TIME"}
        )
        kind, _ = UsageType.objects.get_or_create(
            code="VOICE", defaults={"name": "Voice", "unit": unit, "identifier_type": "MSISDN"}
        )
        return kind

    def payer(self, name: str = "Ada", parent: Account | None = None, **more: Any) -> Account:
        """Open an account; a root pays for itself and lives in Avalon."""
        if parent is None:
            more.setdefault("entity", self.entity)
            more.setdefault("currency", self.currency)
            more.setdefault("cycle_code", "C1")
            more.setdefault("billing_address", self.address())
        customer = parent.customer if parent is not None else None
        customer = customer or customers.operations.create_customer(
            legal_name=name, kind=more.pop("kind", CustomerKind.PERSON), actor=None
        )
        return customers.operations.open_account(
            customer=customer, name=name, parent=parent, actor=None,
            opened_on=more.pop("opened_on", START), **more,
        )  # fmt: skip

    def address(self) -> AddressInput:
        return AddressInput(
            town="Avalon City", country="AV", line1="Street 1", jurisdiction=self.place
        )

    def start(self, bill_date: date, **more: Any) -> BillRun:
        """Start the run of a date and carry it to its review."""
        more = {"actor": self.clerk, "cycle": self.cycle} | more
        run = invoicing.operations.start_run(
            bill_date=bill_date, cutoff_at=noon(bill_date), **more
        )
        return invoicing.operations.continue_run(run_id=run.pk)

    def bill(self, bill_date: date, **more: Any) -> BillRun:
        """Carry the run of a date to its end."""
        run = self.start(bill_date, **more)
        invoicing.operations.approve_run(run_id=run.pk, actor=self.boss)
        invoicing.operations.post_run(run_id=run.pk, actor=self.clerk)
        return invoicing.operations.continue_run(run_id=run.pk)


def walk(row: OfferVersion | PriceVersion) -> None:
    """Take a version along its states; who does it is not what these tests are about."""
    for state in ("IN_REVIEW", "APPROVED", "PUBLISHED"):
        row.state = state
        row.submitted_at = Now()
        row.approved_at = Now()
        row.published_at = Now()
        row.save()
    row.refresh_from_db()


def submit(owner: Account, item: ItemInput, as_of: date) -> Any:
    order = customers.operations.place_order(
        account=owner, items=[item], requested_on=item.effective_on or START, actor=None
    )
    return customers.operations.submit_order(order=order, as_of=as_of, actor=None)


def previewed(
    owner: Account, item: ItemInput, as_of: date, actor: User | None = None
) -> list[invoicing.operations.Preview]:
    """Draft an order and return what it would change on the next invoices."""
    order = customers.operations.place_order(
        account=owner, items=[item], requested_on=as_of, actor=None
    )
    return invoicing.operations.preview_draft(order=order, as_of=as_of, actor=actor)


def add(
    owner: Account, version: OfferVersion, on: date = START, *, quantity: int = 1, **more: Any
) -> Subscription:
    """Order an offer and return the subscription."""
    item = ItemInput(
        action=OrderAction.ADD, offer_version=version, quantity=D(quantity), effective_on=on,
        **more,
    )  # fmt: skip
    order = submit(owner, item, on)
    return Subscription.objects.get(order_items__order=order)


def modify(subscription: Subscription, on: date, as_of: date, **more: Any) -> None:
    item = ItemInput(action=OrderAction.MODIFY, subscription=subscription, effective_on=on, **more)
    submit(subscription.account, item, as_of)


def terminate(subscription: Subscription, on: date, as_of: date) -> None:
    item = ItemInput(action=OrderAction.TERMINATE, subscription=subscription, effective_on=on)
    submit(subscription.account, item, as_of)


def use(subscription: Subscription, on: date, quantity: str, code: str = "CALLS") -> None:
    """Put usage where rating puts it: into the sums by day."""
    charge = SubscriptionCharge.objects.get(subscription=subscription, charge__code=code)
    service = subscription.services.order_by("pk").first()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO rating_usageaggregate AS a (account_id, subscription_charge_id, "
            "service_id, on_date, attribute_key, quantity, event_count) "
            "VALUES (%s, %s, %s, %s, '*', %s, 1) ON CONFLICT (account_id, subscription_charge_id, "
            "service_id, on_date, attribute_key) DO UPDATE SET "
            "quantity = a.quantity + excluded.quantity, event_count = a.event_count + 1",
            [charge.account_id, charge.pk, service.pk if service else 1, on, D(quantity)],
        )


def documents(payer: Account) -> list[tuple[str, str, str]]:
    """Return type, net and total of the payer's documents in the order of issue."""
    return [
        (one.doc_type, f"{one.net:.2f}", f"{one.total:.2f}")
        for one in Invoice.objects.filter(payer=payer, state="POSTED").order_by("id")
    ]


def lines(invoice: Invoice) -> list[tuple[str, str, str]]:
    """Return first day, text and net of the lines."""
    return [
        (f"{one.service_start:%d.%m.}", one.text, f"{one.net:.2f}")
        for one in invoice.lines.order_by("seq")
    ]


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
