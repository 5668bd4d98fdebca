"""Two legal entities with the same business each, and somebody who works for one of them.

Every name and number of the other one carries `THEIRS`, so that a page that leaks can be seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

import catalog.operations
import customers.operations
import invoicing.operations
import ledger.operations
import payments.operations
import rating.operations
import receivables.operations
import tax.operations
from catalog.models import UsageType
from customers.choices import ContactRole, OrderAction
from customers.models import Account, ServiceInstance, Subscription, SubscriptionCharge
from customers.operations import IdentifierInput, ItemInput
from foundation.locks import advisory_lock
from invoicing.models import BillRun, InterimBill, Invoice
from invoicing.operations import Adjustment
from ledger.models import AccountingPeriod, LegalEntity
from payments.choices import ReversalKind
from payments.models import TenderType
from rating.models import (
    BalanceMovement,
    DerivedRating,
    PendingDerivation,
    PoolMember,
    PoolShare,
    RatedUsage,
    RatingAgreement,
    RatingPool,
    Reservation,
    SpendCap,
    ThresholdAlert,
    UsageEvent,
)
from rating.operations.drawing import request_draws
from rating.operations.partitions import ensure_partitions
from receivables.models import OpenItem
from tests.apps.invoicing.company import START, Company, add, use
from tests.apps.rating.buckets import MAY, bucket

D = Decimal
THEIRS, OURS = "THEIRS", "OURS"
MARCH = date(2027, 3, 1)


@dataclass
class Books:
    """The two entities and a person who may do everything, but for the first of them only."""

    company: Company
    ours: LegalEntity
    theirs: LegalEntity
    clerk: User
    payers: dict[str, Account]


def two_entities() -> Books:
    """Fill the books."""
    company = Company(code=OURS)
    theirs: LegalEntity = ledger.operations.ensure_entity(
        code=THEIRS, name=f"{THEIRS} Ltd", country="AV", functional_currency="EUR",
        time_zone="Europe/Berlin", books_from=START,
    )  # fmt: skip
    tax.operations.register_entity(
        entity_id=theirs.pk, jurisdiction=company.place, number=f"{THEIRS}-AV", starts=START,
        actor=None,
    )  # fmt: skip
    offer = company.offer(
        "SEAT",
        {"price": D(30)},
        {"code": "CALLS", "kind": "USAGE", "price_model": "GRADUATED",
         "tiers": [(D(10), D("0.20")), (None, D("0.10"))]},
    )  # fmt: skip
    payers = {}
    for number, (mark, entity) in enumerate(((OURS, company.entity), (THEIRS, theirs))):
        payer = company.payer(f"{mark} payer", number=f"{mark}-1", entity=entity)
        subscription = add(
            payer, offer, identifiers=[IdentifierInput("MSISDN", f"1555{number}{mark}")]
        )
        use(subscription, date(2027, 1, 10), "25")
        _event(subscription, mark)
        payers[mark] = payer
    company.bill(date(2027, 2, 1))
    for mark, payer in payers.items():
        _business(company, payer, mark, offer)
    clerk = User.objects.create_superuser("limited")
    ledger.operations.limit_to_entities(user=clerk, entities=[company.entity], actor=None)
    return Books(company, company.entity, theirs, User.objects.get(pk=clerk.pk), payers)


def _business(company: Company, payer: Account, mark: str, offer: Any) -> None:
    """Leave one of everything that can wait or stand in an account."""
    entity = LegalEntity.objects.get(pk=payer.entity_id)
    tender, _ = TenderType.objects.get_or_create(
        code="CASH", defaults={"name": "Cash", "clearing_account": "1010"}
    )
    invoice = Invoice.objects.filter(payer=payer).latest("pk")
    paid: dict[str, Any] = {
        "amount": D(5), "currency": "EUR", "tender": tender, "received_on": MARCH, "actor": None
    }  # fmt: skip
    payments.operations.record_payment(payer=payer, external_id=f"{mark}-P1", apply=False, **paid)
    back = payments.operations.record_payment(payer=payer, external_id=f"{mark}-P2", **paid)
    payments.operations.reverse_payment(
        payment_id=back.pk,
        kind=ReversalKind.BOUNCED,
        reversed_on=MARCH,
        reason=f"{mark} bounced",
        actor=None,
    )
    payments.operations.record_receipt(
        entity=entity, external_id=f"{mark}-R1", payer_text=f"{mark} text", **paid
    )
    invoicing.operations.adjust_next_bill(
        account=payer, asked=Adjustment(share=D("0.1")), reason_code="GOODWILL",
        comment=f"{mark} trouble", as_of=MARCH, actor=None,
    )  # fmt: skip
    customers.operations.draft_contract(
        account=payer, valid_from=START, actor=None, number=f"{mark}-K1"
    )
    _promised(payer, mark, offer)
    _balance(payer, mark)
    item = OpenItem.objects.get(payer=payer, number=invoice.number)
    receivables.operations.set_disputed(
        item_id=item.pk, amount=D(1), on_date=MARCH, reason=f"{mark} meter", actor=None
    )
    customers.operations.draft_certificate(
        account=payer, number=f"{mark}-X1", jurisdiction=company.place, valid_from=START,
        actor=None,
    )  # fmt: skip
    customers.operations.place_order(
        account=payer, number=f"{mark}-O1", requested_on=MARCH, actor=None,
        items=[ItemInput(action=OrderAction.ADD, offer_version=offer, effective_on=MARCH)],
    )  # fmt: skip
    customers.operations.add_contact(
        customer=payer.customer,
        account=payer,
        role=ContactRole.BILLING,
        name=f"{mark} contact",
        email=f"{mark}@example.org",
        actor=None,
    )
    asker = User.objects.create_superuser(f"asker{payer.pk}")
    invoicing.operations.request_credit(
        invoice_id=invoice.pk, scope="FULL", reason_code="GOODWILL", requester=asker,
        on_date=MARCH, comment=f"{mark} complaint",
    )  # fmt: skip
    invoicing.operations.change_cycle_at_boundary(
        account=payer, cycle=company.cycle, cycle_day=15, as_of=MARCH, actor=None
    )
    period = AccountingPeriod.objects.filter(entity=entity).earliest("pk")
    ledger.operations.soft_close_period(period_id=period.pk, actor=asker)
    ledger.operations.request_close(period_id=period.pk, actor=asker, reason=f"{mark} is complete")


def _promised(payer: Account, mark: str, offer: Any) -> None:
    """Give the account a discount by an order with a coupon, and let it agree on a cap.

    What is shared by both entities carries no mark.
    """
    key = f"N{payer.pk}"
    discount = catalog.operations.define_discount(
        code=f"{key}-D", name="Ten off", kind="PERCENT", level="CHARGE", value=D("0.1"),
        starts=START, actor=None,
    )  # fmt: skip
    promotion = catalog.operations.define_promotion(
        code=f"{key}-P", name="Spring", discount=discount, starts=START, actor=None
    )
    catalog.operations.define_coupons(promotion=promotion, codes=[f"{key}-C"], actor=None)
    customers.operations.place_order(
        account=payer, number=f"{mark}-O2", requested_on=MARCH, actor=None, submit_as_of=MARCH,
        items=[
            ItemInput(
                action=OrderAction.ADD, offer_version=offer, effective_on=MARCH, quantity=D(1),
                identifiers=[IdentifierInput("MSISDN", f"1777{mark}")], discounts=[f"{key}-C"],
            )
        ],
    )  # fmt: skip
    spec = catalog.operations.define_commitment(
        code=f"{key}-M", name="At most", kind="MAXIMUM", amount=D(9000), currency="EUR",
        window="YEAR", actor=None,
    )  # fmt: skip
    contract = customers.operations.draft_contract(
        account=payer, valid_from=MARCH, valid_to=date(2028, 3, 1), actor=None,
        number=f"{mark}-K2",
    )  # fmt: skip
    customers.operations.sign_contract(contract=contract, signed_on=MARCH, actor=None)
    contract.refresh_from_db()
    customers.operations.agree_commitment(
        contract=contract, spec=spec, starts=MARCH, ends=date(2028, 3, 1), actor=None
    )


def _balance(payer: Account, mark: str) -> None:
    """Leave a bucket, some of it held for a session, and an account that waits to be drawn."""
    made = bucket(payer, 10, usage="VOICE", name=f"{mark} minutes")
    held = Reservation.objects.create(
        key=f"{mark}-session", account=payer, service_id=1, usage_type="VOICE",
        identifier=f"1555{mark}", quantity=D(2), held=D(2), expires_at=MAY,
    )  # fmt: skip
    BalanceMovement.objects.create(bucket=made, kind="RESERVE", delta=D(-2), reservation=held)
    ThresholdAlert.objects.create(bucket=made, account=payer, percent=50, used=D(5), most=D(10))
    SpendCap.objects.create(
        account=payer, currency=payer.currency, amount=D(50), valid=DateRange(START, None)
    )
    rating.operations.set_top_up(
        account=payer, threshold=D(10), amount=D(25), most_per_month=D(50), starts=START,
        actor=None,
    )  # fmt: skip
    rating.operations.ask_top_ups(as_of=datetime(2027, 3, 1, 12, tzinfo=UTC))
    request_draws({payer.pk: MAY})
    _pool(payer, mark)
    _derived(payer, mark)


def _derived(payer: Account, mark: str) -> None:
    """Leave an agreement with a partner, what it derived of an event, and a day that waits."""
    own = SubscriptionCharge.objects.filter(account=payer, charge__code="CALLS").earliest("pk")
    agreement = RatingAgreement.objects.create(
        charge=own.charge, purpose="PARTNER", account=payer, share=D("0.1"),
        attribute_key=f"carrier={mark}", valid=DateRange(START, None),
    )  # fmt: skip
    with transaction.atomic():
        advisory_lock("usage", "derive")
        DerivedRating.objects.create(
            event_id=own.pk, purpose="PARTNER", account_id=payer.pk, agreement_id=agreement.pk,
            subscription_charge_id=own.pk, on_date=MARCH, quantity=D(25), amount=D("0.5"),
            attribute_key="*", currency=payer.currency,
        )  # fmt: skip
    PendingDerivation.objects.create(account_id=payer.pk, on_date=MARCH)
    InterimBill.objects.create(
        run=BillRun.objects.earliest("pk"), payer=payer, charge=own.charge, on_date=MARCH,
        period_start=START, currency=payer.currency, worth=D(12), threshold=D(10),
    )  # fmt: skip


def _pool(payer: Account, mark: str) -> None:
    """Leave a pool with a member and its share."""
    service = ServiceInstance.objects.filter(subscription__account=payer).earliest("pk")
    kind = UsageType.objects.get(code="VOICE")
    days = DateRange(START, None)
    pool = RatingPool.objects.create(
        node=payer, usage_type=kind, name=f"{mark} pool", cycle_day=1, valid=days
    )
    PoolMember.objects.create(
        pool=pool, service=service, account=payer, usage_type=kind, valid=days
    )
    PoolShare.objects.create(
        pool=pool, period_start=MARCH, service=service, contributed=D(10), used=D(4), covered=D(4)
    )


def _event(subscription: Subscription, mark: str) -> None:
    """Store one rated event."""
    charge = SubscriptionCharge.objects.get(subscription=subscription, charge__code="CALLS")
    moment = datetime(2027, 1, 10, 12, tzinfo=UTC)
    with connection.cursor() as cursor:
        ensure_partitions(cursor, ["2027-01"])
    UsageEvent.objects.bulk_create([
        UsageEvent(
            id=charge.pk, account_id=charge.account_id, event_start=moment, event_end=moment,
            source_id=1, event_key=f"{mark}-E1", usage_type="VOICE", identifier_type="MSISDN",
            identifier=f"1555{mark}", quantity=D(25), service_id=1,
            subscription_charge_id=charge.pk, on_date=moment.date(), file_id=1, row_number=1,
            received_at=moment,
        )
    ])  # fmt: skip
    RatedUsage.objects.bulk_create([
        RatedUsage(
            id=charge.pk, account_id=charge.account_id, event_start=moment, service_id=1,
            subscription_charge_id=charge.pk, on_date=moment.date(), attribute_key="*",
            billable_quantity=D(25), price_version_id=1, amount_exact=D(5), currency="EUR",
        )
    ])  # fmt: skip
