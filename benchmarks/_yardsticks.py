"""What the bill run is measured against: the same documents by the ORM, and their rows by COPY."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Sum

import ledger.operations
from benchmarks._payers import BILL_DATE, Population, Town
from catalog.models import PriceVersion
from catalog.queries.terms import charge_terms, price_terms
from catalog.rules.pricing import PriceTerms, price
from customers.models import Account, SubscriptionCharge
from foundation.money import quantize
from invoicing.models import ChargeItem, Invoice, InvoiceLine, TaxLine, TaxTotal
from ledger.models import GLAccount, JournalEntry, JournalLine
from rating.models import UsageAggregate
from receivables.models import OpenItem
from tax.models import TaxRate

PERIOD_START = BILL_DATE.replace(month=BILL_DATE.month - 1)
BULK = 1_000
Rated = tuple[SubscriptionCharge, PriceVersion, PriceTerms, Decimal]


@dataclass(slots=True)
class Papers:
    """The rows of one invoice, unsaved."""

    invoice: Invoice
    lines: list[InvoiceLine] = field(default_factory=list)
    items: list[ChargeItem] = field(default_factory=list)
    taxes: list[TaxLine] = field(default_factory=list)
    totals: list[TaxTotal] = field(default_factory=list)
    net: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)


def orm_loop(population: Population, town: Town) -> float:
    """Make the invoices one after the other, row by row; return invoices a second."""
    began = time.perf_counter()
    for account in Account.objects.filter(cycle_code=population.cycle.code).order_by("id"):
        with transaction.atomic():
            papers = _papers(account, town)
            papers.invoice.save()
            for line, item, tax in zip(papers.lines, papers.items, papers.taxes, strict=True):
                line.invoice = papers.invoice
                line.save()
                item.line_id = line.pk
                item.save()
                tax.line = line
                tax.save()
            for total in papers.totals:
                total.invoice = papers.invoice
                total.save()
            _post([papers], town)
    return population.payers / (time.perf_counter() - began)


def orm_bulk(population: Population, town: Town) -> float:
    """Make the invoices by `bulk_create`, a thousand a transaction; return invoices a second."""
    began = time.perf_counter()
    accounts = list(Account.objects.filter(cycle_code=population.cycle.code).order_by("id"))
    for first in range(0, len(accounts), BULK):
        with transaction.atomic():
            made = _papers_of_many(accounts[first : first + BULK], town)
            Invoice.objects.bulk_create([one.invoice for one in made])
            for one in made:
                for line in one.lines:
                    line.invoice = one.invoice
                for total in one.totals:
                    total.invoice = one.invoice
            InvoiceLine.objects.bulk_create([line for one in made for line in one.lines])
            for one in made:
                for line, item, tax in zip(one.lines, one.items, one.taxes, strict=True):
                    item.line_id = line.pk
                    tax.line = line
            ChargeItem.objects.bulk_create([item for one in made for item in one.items])
            TaxLine.objects.bulk_create([tax for one in made for tax in one.taxes])
            TaxTotal.objects.bulk_create([total for one in made for total in one.totals])
            _post(made, town)
    return population.payers / (time.perf_counter() - began)


def _papers(account: Account, town: Town) -> Papers:
    """Work out one invoice as an ordinary program would: query by query."""
    rate = TaxRate.objects.get(tax_type=town.company.vat, jurisdiction=town.company.place)
    charges = SubscriptionCharge.objects.filter(account_id=account.pk).select_related(
        "charge__product"
    )
    rated = []
    for own in charges.order_by("id"):
        version = PriceVersion.objects.prefetch_related("tiers").get(
            charge=own.charge, currency=account.currency
        )
        quantity = Decimal(1)
        if own.charge.kind == "USAGE":
            quantity = UsageAggregate.objects.filter(
                account_id=account.pk, subscription_charge_id=own.pk
            ).aggregate(total=Sum("quantity"))["total"]
        terms = price_terms(version, charge_terms(own.charge))
        rated.append((own, version, terms, quantity))
    return _written(account, town, rate, rated)


def _papers_of_many(accounts: Sequence[Account], town: Town) -> list[Papers]:
    """Work out many invoices as a careful program would: each kind of row read once for all."""
    rate = TaxRate.objects.get(tax_type=town.company.vat, jurisdiction=town.company.place)
    ids = [account.pk for account in accounts]
    versions = {
        (one.charge_id, one.currency): (one, price_terms(one, charge_terms(one.charge)))
        for one in PriceVersion.objects.prefetch_related("tiers").filter(
            charge__offer_version=town.version
        )
    }
    used = dict(
        UsageAggregate.objects.filter(account_id__in=ids)
        .values_list("subscription_charge_id")
        .annotate(total=Sum("quantity"))
    )
    charges: dict[int, list[SubscriptionCharge]] = {}
    for own in (
        SubscriptionCharge.objects.filter(account_id__in=ids)
        .select_related("charge__product")
        .order_by("id")
    ):
        charges.setdefault(own.account_id, []).append(own)
    return [
        _written(
            account,
            town,
            rate,
            [
                (own, *versions[own.charge_id, account.currency], used.get(own.pk, Decimal(1)))
                for own in charges[account.pk]
            ],
        )
        for account in accounts
    ]


def _written(account: Account, town: Town, rate: TaxRate, rated: Sequence[Rated]) -> Papers:
    """Price, tax and write down what was read of one payer."""
    currency = account.currency
    papers = Papers(Invoice(payer=account, **_head(account, town)))
    for seq, (own, version, terms, quantity) in enumerate(rated, start=1):
        charge = own.charge
        start = PERIOD_START if charge.kind == "USAGE" else BILL_DATE
        priced = price(terms, quantity, currency)
        tax = quantize(priced.amount * rate.rate, currency)
        _line(papers, own, version, seq, start, quantity, priced.amount, tax, rate)
    total = TaxTotal(
        jurisdiction_id=rate.jurisdiction_id, tax_type_id=rate.tax_type_id, category="S",
        rate=rate.rate, basis=papers.net, amount=papers.tax, amount_reporting=papers.tax,
        currency=currency,
    )  # fmt: skip
    papers.totals.append(total)
    invoice = papers.invoice
    invoice.net, invoice.tax = papers.net, papers.tax
    invoice.total = invoice.payable = invoice.functional_total = papers.net + papers.tax
    return papers


def _head(account: Account, town: Town) -> dict[str, Any]:
    return {
        "entity": town.company.entity,
        "currency": account.currency,
        "invoice_date": BILL_DATE,
        "tax_date": BILL_DATE,
        "due_date": BILL_DATE + timedelta(days=30),
        "period_start": PERIOD_START,
        "period_end": BILL_DATE,
        "seller": {"name": town.company.entity.name},
        "buyer": {"name": account.name, "account": account.number},
        "content_hash": bytes(32),
    }


def _line(
    papers: Papers, own: SubscriptionCharge, version: PriceVersion, seq: int, start: Any,
    quantity: Decimal, net: Decimal, tax: Decimal, rate: TaxRate,
) -> None:  # fmt: skip
    charge, currency = own.charge, papers.invoice.currency
    end = BILL_DATE if start == PERIOD_START else BILL_DATE.replace(month=BILL_DATE.month + 1)
    shared: dict[str, Any] = {
        "account_id": own.account_id,
        "quantity": quantity,
        "currency": currency,
        "tax_category": "TELECOM",
        "gl_code": "RECURRING",
        "product_id": charge.product_id,
        "charge_id": charge.pk,
        "price_version_id": version.pk,
        "text": charge.name,
    }
    papers.lines.append(
        InvoiceLine(
            seq=seq, section="Charges", service_start=start, service_end=end, net=net, tax=tax,
            **shared,
        )
    )  # fmt: skip
    papers.items.append(
        ChargeItem(
            payer_id=own.account_id, subscription_charge_id=own.pk, kind=charge.kind,
            period_start=start, period_end=end, segment_start=start, segment_end=end,
            amount_exact=net, amount=net, trace={"price_version_id": version.pk}, **shared,
        )
    )  # fmt: skip
    papers.taxes.append(
        TaxLine(
            jurisdiction_id=rate.jurisdiction_id, tax_type_id=rate.tax_type_id, category="S",
            rate=rate.rate, basis=net, amount=tax, amount_reporting=tax, currency=currency,
            trace={"rate_id": rate.pk},
        )
    )  # fmt: skip
    papers.net += net
    papers.tax += tax


def _post(made: list[Papers], town: Town) -> None:
    """Journal, receivable and number; one statement an entry's lines, as the guard demands."""
    entity = town.company.entity
    accounts = {one.number: one for one in GLAccount.objects.filter(entity=entity)}
    entries = JournalEntry.objects.bulk_create(
        [
            JournalEntry(
                entity=entity, source_type="invoicing.invoice", source_id=one.invoice.pk,
                event="J1", accounting_date=BILL_DATE, currency=one.invoice.currency, fx_rate=1,
            )
            for one in made
        ]
    )  # fmt: skip
    lines: list[JournalLine] = []
    for one, entry in zip(made, entries, strict=True):
        for number, debit, credit in (
            ("1100", one.net + one.tax, Decimal(0)),
            ("2400", Decimal(0), one.net),
            ("2200", Decimal(0), one.tax),
        ):
            lines.append(
                JournalLine(
                    entry=entry, account=accounts[number], currency=one.invoice.currency,
                    debit=debit, credit=credit, functional_debit=debit, functional_credit=credit,
                    payer_id=one.invoice.payer_id,
                )
            )  # fmt: skip
    JournalLine.objects.bulk_create(lines)
    numbers = ledger.operations.draw_numbers(
        entity_id=entity.pk, doc_type="INVOICE", on_date=BILL_DATE, count=len(made)
    )
    for one, number in zip(made, numbers, strict=True):
        one.invoice.number, one.invoice.state = number, "POSTED"
    Invoice.objects.bulk_update([one.invoice for one in made], ["number", "state"])
    OpenItem.objects.bulk_create(
        [
            OpenItem(
                payer_id=one.invoice.payer_id, entity=entity, source_type="invoicing.invoice",
                source_id=one.invoice.pk, number=one.invoice.number or "", side="D",
                doc_date=BILL_DATE,
                due_date=one.invoice.due_date, currency=one.invoice.currency,
                amount=one.invoice.payable, open=one.invoice.payable, disputed=0, fx_rate=1,
                functional_amount=one.invoice.payable, functional_open=one.invoice.payable,
            )
            for one in made
        ]
    )  # fmt: skip


SHIFT = 100_000_000
COPIED: tuple[tuple[type[models.Model], dict[str, str]], ...] = (
    (Invoice, {"id": "id+{s}", "payer_id": "payer_id+{a}", "state": "'DRAFT'", "number": "NULL"}),
    (InvoiceLine, {"id": "id+{s}", "invoice_id": "invoice_id+{s}", "account_id": "account_id+{a}",
                   "charge_item_id": "charge_item_id+{s}"}),
    (ChargeItem, {"id": "id+{s}", "account_id": "account_id+{a}", "payer_id": "payer_id+{a}",
                  "subscription_charge_id": "subscription_charge_id+{c}",
                  "line_id": "line_id+{s}"}),
    (TaxLine, {"id": "id+{s}", "line_id": "line_id+{s}"}),
    (TaxTotal, {"id": "id+{s}", "invoice_id": "invoice_id+{s}"}),
    (JournalEntry, {"id": "id+{s}", "source_id": "source_id+{s}"}),
    (JournalLine, {"id": "id+{s}", "entry_id": "entry_id+{s}", "payer_id": "payer_id+{a}"}),
    (OpenItem, {"id": "id+{s}", "payer_id": "payer_id+{a}", "source_id": "source_id+{s}"}),
)  # fmt: skip
INVOICES = (
    "SELECT v.id FROM invoicing_invoice v JOIN customers_account a ON a.id = v.payer_id "
    "WHERE a.cycle_code = '{code}'"
)
LINES = "SELECT id FROM invoicing_invoiceline WHERE invoice_id IN ({invoices})"
OF_RUN = {
    Invoice: "id IN ({invoices})",
    InvoiceLine: "invoice_id IN ({invoices})",
    TaxTotal: "invoice_id IN ({invoices})",
    TaxLine: f"line_id IN ({LINES})",
    ChargeItem: f"line_id IN ({LINES})",
    JournalEntry: "source_type = 'invoicing.invoice' AND source_id IN ({invoices})",
    JournalLine: "entry_id IN (SELECT id FROM ledger_journalentry "
    "WHERE source_type = 'invoicing.invoice' AND source_id IN ({invoices}))",
    OpenItem: "source_type = 'invoicing.invoice' AND source_id IN ({invoices})",
}


def copy_ready_rows(billed: Population, fresh: Population) -> float:
    """COPY the rows of a posted run, moved to other payers, in one transaction by one worker.

    Heads go first and as drafts, since lines join nothing else. Returns invoices a second.
    """
    global SHIFT  # noqa: PLW0603 (each copy needs ids of its own)
    SHIFT += 100_000_000
    files = list(_ready(billed, fresh))
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, content in files:
            with cursor.copy(statement) as copy:
                while block := content.read(1 << 20):
                    copy.write(block)
    return billed.payers / (time.perf_counter() - began)


def _ready(billed: Population, fresh: Population) -> Iterator[tuple[str, io.BytesIO]]:
    """Yield the COPY statement and the binary rows of each table."""
    shifts = {
        "s": SHIFT,
        "a": _first("customers_account", "cycle_code", fresh)
        - _first("customers_account", "cycle_code", billed),
        "c": _first_charge(fresh) - _first_charge(billed),
    }
    with connection.cursor() as cursor:
        for model, moved in COPIED:
            table = model._meta.db_table
            columns = [
                str(field.column)
                for field in model._meta.local_concrete_fields
                if (model, field.column) != (JournalEntry, "posted_at")  # by the database, now
            ]
            shown = [moved.get(name, name).format(**shifts) for name in columns]
            where = OF_RUN[model].format(invoices=INVOICES.format(code=billed.cycle.code))
            content = io.BytesIO()
            with cursor.copy(
                f"COPY (SELECT {', '.join(shown)} FROM {table} WHERE {where} ORDER BY id) "
                "TO STDOUT (FORMAT binary)"
            ) as copy:
                for block in copy:
                    content.write(block)
            content.seek(0)
            yield f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT binary)", content


def _first(table: str, column: str, population: Population) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT min(id) FROM {table} WHERE {column} = %s", [population.cycle.code])
        return int(cursor.fetchone()[0])


def _first_charge(population: Population) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(c.id) FROM customers_subscriptioncharge c "
            "JOIN customers_account a ON a.id = c.account_id WHERE a.cycle_code = %s",
            [population.cycle.code],
        )
        return int(cursor.fetchone()[0])
