"""Papers of an account and what the house itself keeps, each with a few rows or with several."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Permission, User

import audit.operations
import catalog.operations
import customers.operations
import invoicing.operations
import ledger.operations
import payments.operations
import rating.operations
import tax.operations
from audit.choices import DeliveryState, JobState
from audit.models import BusinessEvent, JobRun, WebhookDelivery
from catalog.models import CommitmentSpec, OfferVersion
from customers.models import Account, Contract
from customers.operations import ItemInput
from invoicing.models import Invoice
from ledger.choices import RateKind
from ledger.models import AccountingPeriod
from payments import imports
from payments.models import TenderType
from rating.models import SuspenseItem, Usage, UsageSource
from tests.apps.invoicing.company import START, Company
from tests.apps.rating.buckets import bucket
from tests.apps.rating.company import HEADER
from tests.apps.rating.topping_up import DAY, NOW, ask, fail, rule

D = Decimal
MARCH, APRIL, NEXT_YEAR = date(2027, 3, 1), date(2027, 4, 5), date(2028, 3, 1)
LOADED = datetime(2027, 4, 2, 12, tzinfo=UTC)
Keys = dict[str, tuple[Any, ...]]


def papers(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Make one paper of each sort with so many rows; return what stands in their addresses."""
    made: Keys = {}
    makers: tuple[Callable[[Company, Invoice, User, int], Keys], ...] = (
        _place, _usage_file, _receipt, _payment_file, _certificate, _contract, _discounts,
        _balance, _top_up, _job, _memo, _period, _draft_order, _key,
        _job_run, _webhook,
    )  # fmt: skip
    for make in makers:
        made |= make(company, invoice, reader, rows)
    return made


def house_lists() -> None:
    """Leave two rows in lists that belong to no paper: cycles and rates."""
    invoicing.operations.define_cycle(code="C2", name="The fifteenth", actor=None)
    for day in (MARCH, APRIL):
        ledger.operations.add_rate(
            base="USD", quote="EUR", kind=RateKind.SPOT, on_date=day, rate=D("0.9")
        )


def _key(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return an API key for so many rights."""
    robot = User.objects.create_user(f"robot{rows}")
    rights = Permission.objects.filter(content_type__app_label="customers").order_by("pk")[:rows]
    robot.user_permissions.set(rights)
    key, _ = audit.operations.issue_api_key(
        name=f"ERP {rows}", user=robot, scopes=sorted(robot.get_all_permissions()), days=90,
        actor=reader if rows > 1 else None,
    )  # fmt: skip
    return {"key": (key.pk,)}


def _job_run(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return a job that ran, or one that is parked."""
    state = JobState.PARKED if rows > 1 else JobState.DONE
    job = JobRun.objects.create(
        name="sweep:merge_parts", params={"slot": f"2027-04-0{rows}T08"}, params_hash=f"{rows}",
        state=state, attempts=rows, error="no disk" * (rows - 1),
    )  # fmt: skip
    return {"job run": (job.pk,)}


def _webhook(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return an endpoint with so many deliveries, and the first of them, which is parked."""
    endpoint, _ = audit.operations.open_endpoint(
        name=f"Shop {rows}", url="https://shop.example/told", topics=["*"],
        user=User.objects.create_user(f"hook{rows}"), actor=None,
    )  # fmt: skip
    told = [
        WebhookDelivery.objects.create(
            endpoint=endpoint, event=event,
            subject_type=event.subject_type, subject_id=event.subject_id,
        )
        for event in BusinessEvent.objects.order_by("-pk")[:rows]
    ]  # fmt: skip
    WebhookDelivery.objects.filter(pk=told[0].pk).update(
        state=DeliveryState.PARKED, last_error="no answer within 10 seconds", attempts=8
    )
    return {"webhook": (endpoint.pk,), "delivery": (told[0].pk,)}


def _place(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return a town with rates, rules and registrations of its own."""
    place = tax.operations.add_jurisdiction(
        code=f"AV-{rows}", name=f"Town {rows}", level="STATE", parent=company.place, actor=None
    )
    for number in range(rows):
        tax.operations.define_category(
            code=f"SORT{number}", name=f"Sort {number}", nature="TELECOM", actor=None
        )
        at: dict[str, Any] = {
            "jurisdiction": place, "tax_type": company.vat, "starts": START, "on_date": START,
            "actor": None,
        }  # fmt: skip
        tax.operations.add_rate(rate=D("0.02"), code=f"TOWN{number}", **at)
        tax.operations.add_rule(
            treatment="TAXABLE", category=f"SORT{number}", rate_code=f"TOWN{number}", **at
        )
        tax.operations.register_entity(
            entity_id=company.entity.pk, jurisdiction=place, number=f"T{rows}-{number}",
            starts=date(2027 + number, 1, 1), ends=date(2028 + number, 1, 1), actor=None,
        )  # fmt: skip
    return {"place": (place.pk,)}


def _usage_file(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return a file with one good row, one of its rows in suspense, corrected that often in vain.

    The rows in suspense wait for as many reasons as there are rows.
    """
    source, _ = UsageSource.objects.get_or_create(code="MED", defaults={"name": "Mediation"})
    number = invoice.payer.subscriptions.earliest("pk").services.earliest("pk")
    known = number.identifiers.earliest("pk").value
    wrong = ("VOICE,MSISDN,4999", "FAX,MSISDN,4999", f"VOICE,IMSI,{known}", "VOICE,MSISDN,")
    lines = [f"good-{rows},VOICE,MSISDN,{known},2027-03-20T10:00:00Z,,1,,"]
    for at in range(rows):
        lines.append(f"bad-{rows}-{at},{wrong[at]},2027-03-20T10:00:00Z,,1,,")
    file = rating.operations.load_file(
        source=source, filename=f"{rows}.csv", content="\n".join([HEADER, *lines, ""]).encode(),
        received_at=LOADED,
    )  # fmt: skip
    item = SuspenseItem.objects.filter(file=file).earliest("pk")
    for at in range(rows):
        rating.operations.recycle(
            item_ids=[item.pk], corrections={"identifier": f"499{at}"}, as_of=LOADED
        )
    event = Usage.objects.get(event_key=f"good-{rows}")
    return {
        "file": (file.pk,), "suspended": (item.pk,), "event": (event.account_id, event.id),
    }  # fmt: skip


def _receipt(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return a receipt of which nothing is known, or all that can be known without its owner."""
    told: dict[str, Any] = {}
    if rows > 1:
        told = {"external_id": "R-1", "payer_text": "Bo?", "reference": invoice.number}
    receipt = payments.operations.record_receipt(
        entity=company.entity, amount=D(7), currency="EUR",
        tender=TenderType.objects.get(code="CHEQUE"), received_on=APRIL, actor=None, **told,
    )  # fmt: skip
    return {"receipt": (receipt.pk,)}


def _payment_file(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return a recorded file of payments, one of them of nobody."""
    lines = ["external_id,payer,amount,currency,tender,received_on,reference,remittance"]
    for number in range(rows):
        lines.append(f"F{rows}-{number},{invoice.payer.number},1.00,EUR,CHEQUE,2027-04-05,,")
    lines.append(f"F{rows}-X,Q-9,1.00,EUR,CHEQUE,2027-04-05,,")
    report = imports.record_payments(
        entity=company.entity, filename=f"{rows}.csv", content="\n".join(lines).encode(),
        as_of=APRIL, actor=None,
    )  # fmt: skip
    assert report.batch is not None
    return {"payment file": (report.batch.pk,)}


def _certificate(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return a certificate that says as little as one may, or an approved one that says all."""
    told: dict[str, Any] = {}
    if rows > 1:
        told = {"tax_type": company.vat, "category_code": "TELECOM", "flows_down": True}
    certificate = customers.operations.draft_certificate(
        account=invoice.payer, number=f"X-{rows}", jurisdiction=company.place,
        valid_from=APRIL, actor=None, **told,
    )  # fmt: skip
    if rows > 1:
        customers.operations.request_certificate(certificate=certificate, requester=reader)
        other = User.objects.create_superuser("second")
        customers.operations.approve_certificate(certificate=certificate, approver=other)
    return {"certificate": (certificate.pk,)}


def _contract(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return a signed contract with agreed prices and promised amounts."""
    contract = customers.operations.draft_contract(
        account=invoice.payer, valid_from=APRIL, valid_to=NEXT_YEAR, actor=None
    )
    customers.operations.sign_contract(contract=contract, signed_on=APRIL, actor=None)
    contract = Contract.objects.get(pk=contract.pk)
    version = _version(invoice)
    for number, charge in enumerate(version.charges.order_by("pk")[:rows]):
        customers.operations.set_contract_price(
            contract=contract, charge=charge, currency="EUR", percent_off=D("0.1"), actor=None
        )
        spec: CommitmentSpec = catalog.operations.define_commitment(
            code=f"M-{rows}-{number}", name="At most", kind="MAXIMUM", amount=D(9000),
            currency="EUR", window="YEAR", charge=charge, actor=None,
        )  # fmt: skip
        customers.operations.agree_commitment(
            contract=contract, spec=spec, starts=APRIL, ends=NEXT_YEAR, actor=None
        )
    return {"contract": (contract.pk,)}


def _version(invoice: Invoice) -> OfferVersion:
    subscription = invoice.payer.subscriptions.earliest("pk")
    version: OfferVersion = subscription.charges.earliest("pk").charge.offer_version
    return version


def _discounts(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return a discount with its promotions, a promotion with its coupons, a discount given."""
    discount = catalog.operations.define_discount(
        code=f"D-{rows}", name="Ten off", kind="PERCENT", level="CHARGE", value=D("0.1"),
        starts=START, actor=None,
    )  # fmt: skip
    for number in range(rows):
        promotion = catalog.operations.define_promotion(
            code=f"P-{rows}-{number}", name="Spring", discount=discount, starts=START, actor=None
        )
        given = customers.operations.grant_discount(
            account=invoice.payer, discount=discount, actor=None, starts=date(2029, number + 1, 1),
            ends=date(2029, number + 1, 20), reason="a good customer",
        )  # fmt: skip
    codes = [f"C-{rows}-{number}" for number in range(rows)]
    catalog.operations.define_coupons(promotion=promotion, codes=codes, actor=None)
    return {"discount": (discount.pk,), "promotion": (promotion.pk,), "given": (given.pk,)}


def _balance(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return units that were taken from again and again."""
    made = bucket(invoice.payer, 10, usage="VOICE")
    for _ in range(rows):
        rating.operations.take_balance(
            bucket_id=made.pk, quantity=D(1), reason="given twice", actor=None
        )
    return {"balance": (made.pk,)}


def _job(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Compare what rating again changes: of the payer, or of everybody where it is large."""
    payers = Account.objects.order_by("pk")
    job = rating.operations.open_rerate(
        start=START,
        end=APRIL,
        account_ids=[invoice.payer_id] if rows == 1 else [one.pk for one in payers],
        reason="the price was another",
        as_of=datetime(2027, 4, 1, 12, tzinfo=UTC),
        actor=reader,
    )
    return {"job": (job.pk,)}


def _top_up(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """A payment that a rule asked for, after as many that failed as there are rows."""
    rule(invoice.payer, most_tries=20, most_per_month=D(900))
    for number in range(min(rows, 19)):
        fail(ask(NOW + number * DAY), as_of=NOW + number * DAY, retry_at=NOW + (number + 1) * DAY)
    return {"top up": (ask(NOW + 19 * DAY).pk,)}


def _memo(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return a credit of some lines that was asked for."""
    asked = invoicing.operations.request_credit(
        invoice_id=invoice.pk, scope="LINES", reason_code="GOODWILL", requester=reader,
        on_date=APRIL, lines={line.pk: D("0.01") for line in invoice.lines.order_by("pk")[:rows]},
    )  # fmt: skip
    return {"memo": (asked.pk,)}


def _period(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return a period whose close was asked for and refused, all but the last time."""
    period = AccountingPeriod.objects.filter(entity=company.entity, state="OPEN").earliest("pk")
    ledger.operations.soft_close_period(period_id=period.pk, actor=reader)
    for number in range(rows):
        asked = ledger.operations.request_close(period_id=period.pk, actor=reader)
        if number < rows - 1:
            audit.operations.reject(
                request_id=asked.pk, approver=company.boss, comment="not complete"
            )
    return {"period": (period.pk,), "request": (asked.pk,)}


def _draft_order(company: Company, invoice: Invoice, reader: User, rows: int) -> Keys:
    """Return an order that is still a draft."""
    items = [
        ItemInput(action="ADD", offer_version=_version(invoice), quantity=D(1), effective_on=APRIL)
    ] * rows
    order = customers.operations.place_order(
        account=invoice.payer, items=items, requested_on=APRIL, actor=None
    )
    return {"draft order": (order.pk,)}
