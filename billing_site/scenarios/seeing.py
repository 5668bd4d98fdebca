"""What came out of a scenario, in the same words as what was expected."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

from django.db.models import F, Sum

from billing_site.scenarios.stage import Scene
from billing_site.scenarios.words import Document, Expected, Line
from catalog.models import Charge
from invoicing.models import BillRunFinding, Invoice, InvoiceLine
from ledger.models import JournalLine
from rating.models import SuspenseItem
from receivables.models import OpenItem

DAY = timedelta(days=1)
ZERO = Decimal(0)


def see(scene: Scene) -> Expected:
    """Read documents, open items, journal and the rest as they stand at the end."""
    names = {row.pk: name for name, row in scene.accounts.items()}
    return Expected(
        documents=_documents(names),
        owed=_balances(names, credit_only=False),
        unapplied=_balances(names, credit_only=True),
        journal=_journal(),
        suspense=dict(
            sorted(
                Counter(
                    SuspenseItem.objects.filter(state="OPEN").values_list("reason", flat=True)
                ).items()
            )
        ),
        states={name: scene.subscription(name).state for name in scene.subscriptions},
        findings=_findings(names),
    )


def _documents(names: dict[int, str]) -> tuple[Document, ...]:
    posted = (
        Invoice.objects.filter(state="POSTED")
        .select_related("refers_to")
        .order_by("invoice_date", "payer_id", "id")
    )
    charges = {
        one.pk: f"{one.offer_version.offer.code}.{one.code}"
        for one in Charge.objects.select_related("offer_version__offer")
    }
    return tuple(
        Document(
            account=names.get(one.payer_id, str(one.payer_id)),
            date=one.invoice_date,
            type=one.doc_type,
            currency=one.currency,
            lines=tuple(_line(line, names, charges) for line in one.lines.order_by("seq")),
            net=one.net,
            tax=one.tax,
            total=one.total,
            payable=one.payable,
            due=one.due_date,
            corrects=one.refers_to.invoice_date if one.refers_to else None,
        )
        for one in posted
    )


def _line(line: InvoiceLine, names: dict[int, str], charges: dict[int, str]) -> Line:
    return Line(
        charge=charges.get(line.charge_id, line.text),
        for_=names.get(line.account_id, str(line.account_id)),
        from_=line.service_start,
        to=line.service_end - DAY,
        quantity=line.quantity,
        price=line.unit_price,
        net=line.net,
        tax=line.tax,
        corrects=line.original_line_id is not None,
    )


def _balances(names: dict[int, str], *, credit_only: bool) -> dict[str, Decimal]:
    """Add up what is open by account; accounts without open items stand at zero."""
    found = dict.fromkeys(names.values(), ZERO)
    items = OpenItem.objects.filter(side="C") if credit_only else OpenItem.objects.all()
    for item in items:
        name = names.get(item.payer_id, str(item.payer_id))
        found[name] = found.get(name, ZERO) + (item.open if credit_only else item.signed_open)
    return found


def _journal() -> dict[str, Decimal]:
    """Balance the accounts of the books; with two companies the account is named with its own."""
    rows = list(
        JournalLine.objects.values("entry__entity__code", "account__number")
        .order_by("entry__entity__code", "account__number")
        .annotate(balance=Sum(F("functional_debit") - F("functional_credit")))
    )
    several = len({row["entry__entity__code"] for row in rows}) > 1
    return {
        f"{row['entry__entity__code']} {row['account__number']}"
        if several
        else row["account__number"]: row["balance"]
        for row in rows
        if row["balance"]
    }


def _findings(names: dict[int, str]) -> dict[str, str]:
    """List the rules of what reviewers were shown, by account."""
    found: dict[str, set[str]] = {}
    for one in BillRunFinding.objects.order_by("id"):
        found.setdefault(names.get(one.payer_id, str(one.payer_id)), set()).add(one.rule)
    return {name: ", ".join(sorted(rules)) for name, rules in found.items()}
