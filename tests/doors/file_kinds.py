"""The kinds of file that come in, each with a sound file of three rows and the way it is sent."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from django.contrib.auth.models import User
from django.db import connection

import catalog.operations
import customers.operations
import ledger.operations
import payments.imports
import rating.operations
from audit.models import ImportBatch
from audit.operations import AlreadyImported
from catalog.models import Charge, Offer, OfferVersion
from customers.choices import CustomerKind
from customers.models import Account
from foundation.errors import FileRefused, Refusal
from foundation.verdicts import RowProblem
from ledger.models import AccountingPeriod, LegalEntity
from rating.models import UsageFile
from rating.operations.loading import CannotFinishLoad
from rating.operations.receiving import AlreadyLoaded
from rating.queries import file_problems
from tests.apps.rating.company import RECEIVED, Company, found_company, open_line

TODAY = date(2027, 5, 31)
Row = dict[str, str]
Table = list[list[str]]
Told = tuple[int, str, str, str]
"""Row, rule, column, shown value."""


RECORDS = {
    "audit_importbatch", "audit_importrowerror", "rating_usagefile", "rating_usagefilepart",
    "rating_suspenseitem", "rating_usagekey",
}  # fmt: skip
"""Tables that keep what was said of a file; what waits in suspense holds its key."""


@dataclass(frozen=True)
class World:
    """A company with a line in use, an account that is closed, and another legal entity."""

    company: Company
    closed: str
    """The number of an account that is closed; its line had the number 4916."""
    others: LegalEntity
    limited: User
    """Somebody with every right who works for the first entity only."""
    counts: dict[str, int] = field(default_factory=dict)
    """How many rows each table has before anything is sent."""


@dataclass(frozen=True)
class Verdict:
    """What came of a file: rows taken, rows known before, rows told, or the file as a whole."""

    taken: int = 0
    duplicates: int = 0
    told: tuple[Told, ...] = ()
    whole: Told | None = None


def as_told(problems: Sequence[RowProblem]) -> tuple[Told, ...]:
    assert all(problem.message and problem.remedy for problem in problems)
    assert all(len(problem.value) <= 200 for problem in problems)
    return tuple(sorted((p.row, p.rule, p.column, p.value) for p in problems))


@dataclass(frozen=True)
class Kind:
    """A kind of file: how a sound row is made, and which column holds each sort of value."""

    name: str
    row: Callable[[str], Row]
    """Makes a sound row of a key."""
    send: Callable[..., Verdict]
    columns: dict[str, str] = field(default_factory=dict)
    """What the sorts of value are called here: number, money, day, text, code, key, …"""
    is_whole: bool = False
    """One bad row keeps the file out."""

    def table(self, *changes: Row) -> Table:
        """Return heading, a sound row, a row for each change, and another sound row."""
        rows = [self.row("N1")]
        rows += [{**self.row(f"M{at}"), **change} for at, change in enumerate(changes or ({},))]
        rows.append(self.row("N9"))
        names = list(dict.fromkeys(name for row in rows for name in row))
        return [names, *[[row.get(name, "") for name in names] for row in rows]]


def as_csv(table: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(table)
    return out.getvalue().encode()


def as_workbook(table: Sequence[Sequence[Any]], **options: Any) -> bytes:
    """Return a workbook; text is written as text, numbers and days as what they are."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "default_date_format": "yyyy-mm-dd", **options}
    )
    sheet = book.add_worksheet()
    for number, row in enumerate(table):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            else:
                sheet.write(number, column, value)
    book.close()
    return out.getvalue()


# -- The world ---------------------------------------------------------------------------------
def build() -> World:
    """Build what the sound files refer to."""
    company = found_company(late_days=400, time_zone="Europe/Berlin")
    ledger.operations.ensure_entity(
        code="EU", name="EU", country="DE", functional_currency="EUR",
        time_zone="Europe/Berlin", books_from=date(2026, 1, 1), actor=None,
    )  # fmt: skip
    others = ledger.operations.ensure_entity(
        code="US", name="US", country="US", functional_currency="USD", time_zone="UTC",
        books_from=date(2026, 1, 1), actor=None,
    )  # fmt: skip
    _tiered(company)
    open_line(company, "4915")
    gone = open_line(company, "4916", name="Gone")
    customers.operations.create_customer(
        legal_name="Brightwater Mills", kind=CustomerKind.ORG, number="C-1", actor=None
    )
    customers.operations.create_customer(
        legal_name="Tern Logistics", kind=CustomerKind.ORG, number="C-9", actor=None
    )
    _account(company.entity, "A-1", "C-1")
    _account(others, "A-9", "C-9")
    _close(company, gone)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    first = AccountingPeriod.objects.filter(entity__code="EU").earliest("period")
    ledger.operations.soft_close_period(period_id=first.pk, actor=None)
    limited = User.objects.create_superuser("limited", password="x")
    ledger.operations.limit_to_entities(user=limited, entities=[company.entity], actor=None)
    closed = company.accounts["Gone"].number
    return World(company, closed, others, User.objects.get(pk=limited.pk))


def _tiered(company: Company) -> None:
    """Add an offer with a charge of tiers, for prices only."""
    version = OfferVersion.objects.create(
        offer=Offer.objects.create(code="TIERS", name="Tiers"), number=1,
        sale_window=(date(2020, 1, 1), None),
    )  # fmt: skip
    Charge.objects.create(
        offer_version=version, product=company.data.product, kind="USAGE", timing="ARREARS",
        code="TIERED", name="Tiered", reference="TIERS/1/TIERED", price_model="GRADUATED",
        usage_type=company.data.usage_type, sequence=1,
    )  # fmt: skip


def _account(entity: LegalEntity, number: str, customer: str) -> Account:
    from customers.models import Customer
    from tests.apps.customers.build import address

    return customers.operations.open_account(
        customer=Customer.objects.get(number=customer), name=number, number=number,
        entity=entity, opened_on=date(2027, 1, 1), cycle_code="C1", billing_address=address(),
        actor=None,
    )  # fmt: skip


def _close(company: Company, line: Any) -> None:
    from tests.apps.rating.company import close_line

    close_line(line, date(2027, 4, 1))
    line.account.refresh_from_db()
    customers.operations.close_account(account=line.account, on_date=date(2027, 4, 1), actor=None)


def counts() -> dict[str, int]:
    """Return how many rows every table has, but for the records of files."""
    with connection.cursor() as cursor:
        names = sorted(set(connection.introspection.table_names(cursor)) - RECORDS)
        cursor.execute(" UNION ALL ".join(f"SELECT '{n}', count(*) FROM \"{n}\"" for n in names))
        return dict(cursor.fetchall())


# -- Sending -----------------------------------------------------------------------------------
def batch_told() -> tuple[Told, ...]:
    """Return what the record of the file says, which must be what its sender was told."""
    batch = ImportBatch.objects.latest("pk")
    assert batch.state in {"REFUSED", "WITH_ERRORS", "DONE"}
    assert batch.closed_at is not None
    rows = batch.errors.values_list("row", "rule", "column", "value")
    return tuple(sorted(rows))


def refused(problem: RowProblem) -> Verdict:
    assert batch_told() == as_told([problem])
    return Verdict(whole=as_told([problem])[0])


def send_usage(world: World, content: bytes | Path, filename: str, **_: Any) -> Verdict:
    try:
        file = rating.operations.load_file(
            source=world.company.source, filename=filename, content=content, received_at=RECEIVED
        )
    except (AlreadyLoaded, CannotFinishLoad) as again:
        return Verdict(whole=(0, again.rule, "", ""))
    except FileRefused as bad:
        problem = bad.problem
    else:
        return _usage_taken(file)
    file = UsageFile.objects.latest("pk")
    assert (file.state, file.path) == ("REJECTED", "")
    assert file.problem.endswith(f"({problem.rule})")
    return Verdict(whole=as_told([problem])[0])


def _usage_taken(file: UsageFile) -> Verdict:
    assert file.received_count == file.loaded_count + file.duplicate_count + file.suspended_count
    problems = file_problems(file.pk)
    assert len(problems) == file.suspended_count
    return Verdict(file.loaded_count, file.duplicate_count, as_told(problems))


def send_prices(
    world: World, content: bytes, filename: str, actor: User | None = None, **_: Any
) -> Verdict:
    try:
        report = catalog.operations.import_prices(
            content=content, filename=filename, on_date=TODAY, actor=actor
        )
    except AlreadyImported as again:
        return Verdict(whole=(0, again.rule, "", ""))
    except FileRefused as bad:
        return refused(bad.problem)
    found = as_told(report.problems)
    assert batch_told() == found
    taken = {row for change in report.changes for row in change.proposal.rows}
    same = {
        row
        for change in report.changes
        if change.kind == "unchanged"
        for row in change.proposal.rows
    }
    assert len(taken) + len({row for row, *_ in found}) == report.rows
    return Verdict(len(taken - same), len(same), found)


def customer_files(what: str) -> Callable[..., Verdict]:
    def send(
        world: World, content: bytes, filename: str, actor: User | None = None, **_: Any
    ) -> Verdict:
        try:
            report = customers.operations.import_file(
                what=what, content=content, filename=filename, as_of=TODAY, actor=actor
            )
        except AlreadyImported as again:
            return Verdict(whole=(0, again.rule, "", ""))
        except FileRefused as bad:
            return refused(bad.problem)
        found = as_told(report.problems)
        assert batch_told() == found
        same = sum(outcome.kind == "same" for outcome in report.outcomes)
        assert len(report.outcomes) + len({row for row, *_ in found}) == report.rows
        return Verdict(len(report.outcomes) - same, same, found)

    return send


def send_payments(
    world: World, content: bytes, filename: str, actor: User | None = None, **_: Any
) -> Verdict:
    try:
        report = payments.imports.record_payments(
            entity=world.company.entity,
            filename=filename,
            content=content,
            as_of=TODAY,
            actor=actor,
        )
    except FileRefused as bad:
        return refused(bad.problem)
    except Refusal as again:
        return Verdict(whole=(0, again.rule, "", ""))
    found = as_told(report.problems)
    assert batch_told() == found
    assert len(report.outcomes) == (0 if found else report.rows)
    return Verdict(len(report.outcomes), 0, found)


# -- The kinds ---------------------------------------------------------------------------------
def usage_row(key: str) -> Row:
    return {
        "event_key": key, "usage_type": "DATA", "identifier_type": "MSISDN",
        "identifier": "4915", "event_start": "2027-05-03T10:15:22Z", "event_end": "",
        "quantity": "1", "uom": "", "attr.zone": "EU", "attr.note": "",
    }  # fmt: skip


def price_row(segment: str) -> Row:
    return {
        "charge": "MOBILE/1/DATA", "pricebook": "", "currency": "EUR", "segment": segment,
        "valid_from": "2027-06-01", "valid_to": "", "model": "PER_UNIT", "unit_price": "0.02",
        "min": "",
    }  # fmt: skip


def customer_row(number: str) -> Row:
    return {"number": number, "kind": "ORG", "legal_name": f"Mill {number}", "vat_id": ""}


def account_row(number: str) -> Row:
    return {
        "number": number, "customer": "C-1", "name": f"Site {number}", "opened_on": "2027-02-01",
        "entity": "EU", "currency": "", "cycle_code": "C1", "credit_limit": "",
        "billing_town": "Bonn", "billing_country": "DE", "billing_jurisdiction": "DE",
    }  # fmt: skip


def order_row(number: str) -> Row:
    return {
        "order": number, "account": "A-1", "action": "ADD", "offer": "MOBILE", "quantity": "1",
        "effective_on": "2027-05-03", "identifiers": f"MSISDN:{number}", "reason": "",
        "prices": "",
    }  # fmt: skip


def payment_row(key: str) -> Row:
    return {
        "external_id": key, "payer": "A-1", "amount": "10.00", "currency": "EUR",
        "tender": "WIRE", "received_on": "2027-05-03", "reference": "", "remittance": "",
    }  # fmt: skip


KINDS = (
    Kind("usage", usage_row, send_usage, {
        "needed": "quantity",
        "number": "quantity", "money": "quantity", "day": "event_start", "text": "attr.note",
        "code": "usage_type", "key": "event_key",
    }),
    Kind("prices", price_row, send_prices, {
        "needed": "model",
        "number": "unit_price", "money": "min", "day": "valid_from", "code": "segment",
        "key": "segment", "currency": "currency",
    }),
    Kind("customers", customer_row, customer_files("customers"), {
        "needed": "legal_name",
        "text": "legal_name", "code": "number", "key": "number",
    }),
    Kind("accounts", account_row, customer_files("accounts"), {
        "needed": "opened_on",
        "number": "credit_limit", "money": "credit_limit", "day": "opened_on", "text": "name",
        "code": "number", "key": "number", "currency": "currency",
    }),
    Kind("orders", order_row, customer_files("orders"), {
        "needed": "action",
        "number": "quantity", "day": "effective_on", "text": "reason", "code": "offer",
        "key": "order",
    }),
    Kind("payments", payment_row, send_payments, {
        "needed": "amount",
        "number": "amount", "money": "amount", "day": "received_on", "text": "reference",
        "code": "payer", "key": "external_id", "currency": "currency",
    }, is_whole=True),
)  # fmt: skip
