"""Verbs of bill runs and credits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import invoicing.operations
from billing_site.demo import months
from billing_site.scenarios.stage import NoSuchName, Scene
from billing_site.scenarios.verbs.registry import verb
from catalog.models import Charge
from foundation.errors import Invalid
from invoicing.choices import CreditScope, RunKind
from invoicing.models import BillCycle, BillRun


class NothingToRun(Invalid):
    """No cycle is billed on the date."""

    rule = "BR-3"


@verb("bill.run")
def run(
    scene: Scene,
    *,
    cycle: str = "",
    date_: date | None = None,
    kind: str = "CYCLE",
    through: str = "posted",
) -> None:
    """Bill a cycle on a date, or every cycle that is due on it, up to its posting or review."""
    bill_date = date_ or scene.day
    due = [
        one
        for one in BillCycle.objects.filter(**({"code": cycle} if cycle else {})).order_by("code")
        if cycle or one.rhythm.is_boundary(bill_date)
    ]
    if not due:
        raise NothingToRun(f"no cycle has a bill date on {bill_date}")
    for one in due:
        months.bill(
            one,
            bill_date,
            scene.cast,
            cutoff_at=scene.now,
            kind=RunKind(kind),
            to_its_end=through != "review",
        )


@verb("bill.adjust")
def adjust(
    scene: Scene,
    *,
    account: str,
    subscription: str = "",
    charge: str = "",
    percent: str | None = None,
    amount: str | None = None,
) -> None:
    """Take a percentage or an amount off a charge of the next bill, or off the whole (ADJ-1)."""
    owner, piece = scene.account(account), None
    if charge:
        kept = scene.subscription(subscription).charges.get(charge=scene.charge(charge))
        bill = invoicing.operations.next_invoice(account_id=owner.pk, as_of=scene.day)
        piece = invoicing.operations.piece_of(bill, kept.pk)
    asked = invoicing.operations.Adjustment(
        piece,
        None if percent is None else Decimal(percent) / 100,
        None if amount is None else Decimal(amount),
    )
    invoicing.operations.adjust_next_bill(
        account=owner, asked=asked, reason_code="GOODWILL", as_of=scene.day, actor=None
    )


@verb("bill.limits")
def limits(scene: Scene) -> None:
    """Bill usage that has reached the limit of its charge inside its period (UNIT-8)."""
    for started in invoicing.operations.start_interims(as_of=scene.now):
        months.carry_to_its_end(invoicing.operations.continue_run(run_id=started.pk), scene.cast)


@verb("bill.cancel")
def cancel(scene: Scene, *, date_: date, cycle: str = "C01") -> None:
    """Discard a run that is not posted (BR-9)."""
    invoicing.operations.cancel_run(
        run_id=_run(date_, cycle).pk, actor=scene.cast.operator, reason="figures are wrong"
    )


@verb("bill.recalculate")
def recalculate(scene: Scene, *, date_: date, cycle: str = "C01") -> None:
    """Draft a run that is in review again (BR-4)."""
    found = _run(date_, cycle)
    invoicing.operations.recalculate_run(run_id=found.pk, actor=scene.cast.operator)
    invoicing.operations.continue_run(run_id=found.pk)


@verb("bill.hold")
def hold(scene: Scene, *, account: str, date_: date, cycle: str = "C01") -> None:
    """Keep an account out of the posting of a run in review (BR-5)."""
    invoicing.operations.hold_account(
        run_id=_run(date_, cycle).pk,
        payer_id=scene.account(account).pk,
        reason="to be looked at",
        actor=scene.cast.operator,
    )


@verb("credit.grant")
def credit(
    scene: Scene,
    *,
    document: str,
    reason: str = "GOODWILL",
    amount: Decimal | None = None,
    lines: dict[str, Decimal] | None = None,
) -> None:
    """Credit a document `ACCOUNT DATE`: an amount of net, nets by charge, or all of it (ADJ-1)."""
    invoice = scene.document(document)
    nets: dict[int, Decimal] = {}
    for name, net in (lines or {}).items():
        charge = scene.charge(name)
        line = invoice.lines.filter(charge_id=charge.pk).order_by("seq").first()
        if line is None:
            raise NoSuchName(f"document {document} has no line of {name}")
        nets[line.pk] = net
    scope = CreditScope.LINES if nets else CreditScope.AMOUNT if amount else CreditScope.FULL
    request = invoicing.operations.request_credit(
        invoice_id=invoice.pk,
        scope=scope,
        reason_code=reason,
        requester=scene.cast.care,
        lines=nets,
        amount=amount,
        on_date=scene.day,
    )
    invoicing.operations.grant_memo(
        request_id=request.pk, approver=scene.cast.approver, on_date=scene.day
    )


def charge_name(charge: Charge) -> str:
    """Name a charge as scenario files do."""
    return f"{charge.offer_version.offer.code}.{charge.code}"


def _run(bill_date: date, cycle: str) -> BillRun:
    found = BillRun.objects.filter(bill_date=bill_date, cycle__code=cycle).order_by("-id").first()
    if found is None:
        raise NoSuchName(f"there is no run of {cycle} on {bill_date}")
    return found
