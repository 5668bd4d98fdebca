"""Usage: a CSV file of a million rows to stored, rated and summed events, on two workers.

4,000 accounts hold 20,000 services; events fall at random on five days, in thirds: data summed by
zone, calls in increments, messages priced and rounded one by one; one row in fifty repeats an
earlier one, one in five hundred belongs to nobody. Constraints, keys and sums are all on.
"""

from __future__ import annotations

import random
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from benchmarks.figures import Figure, Repetitions, memory
from catalog.models import (
    Charge,
    Offer,
    OfferVersion,
    PriceVersion,
    Product,
    UnitOfMeasure,
    UsageType,
)
from customers.models import Customer, ServiceIdentifier
from ledger.models import LegalEntity
from rating import operations
from rating.models import UsageAggregate, UsageEvent, UsageFile, UsageKey, UsageSource
from rating.operations.partitions import ensure_partitions
from rating.operations.writing import COUNTED_COLUMNS, RATED_COLUMNS

ROWS, PAIRS, ORM_ROWS = 1_000_000, 3, 1_000
ACCOUNTS, PER_ACCOUNT = 4_000, 5
START = datetime(2027, 5, 3, tzinfo=UTC)
RECEIVED = datetime(2027, 5, 9, tzinfo=UTC)
BLOCK = 1 << 18
COLUMNS = (
    "source,event_key,usage_type,identifier_type,identifier,event_start,event_end,quantity,uom,"
    "attr.zone"
)


def run(scale: float) -> list[Figure]:
    """Load files alternately with COPY of ready rows and an ordinary ORM loop."""
    source = lay_services(max(1, round(ACCOUNTS * min(1.0, scale * 4))))
    numbers = list(ServiceIdentifier.objects.values_list("value", flat=True))
    rows = round(ROWS * scale)
    ours, copies, loops, one = [], [], [], []
    peak = 0.0
    for turn in range(PAIRS):
        path = _write_file(turn, rows, numbers)
        with memory() as watch:
            seconds, file = _load(source, path, workers=2)
        ours.append(seconds)
        peak = max(peak, watch.peak_mb)
        copies.append(_copy_ready_rows(file))
        loops.append(_orm_loop(source, numbers, turn) / ORM_ROWS * rows)
        path.unlink()
    single = _write_file(99, rows // 2, numbers)
    one.append(_load(source, single, workers=1)[0])
    taken, copied, looped = Repetitions(ours), Repetitions(copies), Repetitions(loops)
    ratios = [loop / our for loop, our in zip(loops, ours, strict=True)]
    shares = [copy / our for copy, our in zip(copies, ours, strict=True)]
    return [
        Figure(
            "usage.events_per_second", rows / taken.median, "events/s", spread=taken.spread,
            note=f"{rows:,} rows, two workers",
        ),
        Figure(
            "usage.events_per_second_one_worker", rows // 2 / one[0], "events/s"
        ),
        Figure("usage.peak_mb", peak, "MB", note="parent and workers"),
        Figure(
            "usage.times_orm_loop", statistics.median(ratios), "times",
            baseline=f"ORM loop at {rows / looped.median:,.0f} events/s",
            ratio=statistics.median(ratios), spread=looped.spread,
        ),
        Figure(
            "usage.share_of_copy", statistics.median(shares) * 100, "%",
            baseline=f"COPY of ready rows at {rows / copied.median:,.0f} events/s",
            ratio=statistics.median(shares), spread=copied.spread,
        ),
    ]  # fmt: skip


def _load(source: UsageSource, path: Path, *, workers: int) -> tuple[float, UsageFile]:
    started = time.perf_counter()
    file = operations.load_file(
        source=source, filename=path.name, content=path, received_at=RECEIVED, workers=workers
    )
    seconds = time.perf_counter() - started
    assert file.received_count == (file.loaded_count + file.duplicate_count + file.suspended_count)
    assert file.duplicate_count
    assert file.suspended_count
    print(f"  {file.received_count / seconds:,.0f} events/s with {workers}", flush=True)
    return seconds, file


def _write_file(turn: int, rows: int, numbers: list[str]) -> Path:
    """Write a file whose every fiftieth row repeats one of the rows before it."""
    dice = random.Random(turn)
    path = Path(settings.VAR_DIR) / f"usage-{turn}.csv"
    recent: list[str] = []
    with path.open("w") as out:
        out.write(COLUMNS + "\n")
        for number in range(rows):
            if number % 50 == 49:
                out.write(dice.choice(recent))
                continue
            moment = START + timedelta(seconds=dice.randrange(5 * 86_400))
            who = dice.choice(numbers) if number % 500 else "4900000"
            kind, quantity, zone = (
                ("DATA", f"{dice.randrange(1, 900_000) / 1000:.3f}", dice.choice(("EU", "WORLD"))),
                ("VOICE", str(dice.randrange(1, 1800)), ""),
                ("SMS", "1", ""),
            )[number % 3]
            line = (
                f"MED,{turn}-{number:09},{kind},MSISDN,{who},{moment:%Y-%m-%dT%H:%M:%SZ},,"
                f"{quantity},,{zone}\n"
            )
            out.write(line)
            if len(recent) < 1000:
                recent.append(line)
            else:
                recent[number % 1000] = line
    return path


def _copy_ready_rows(file: UsageFile) -> float:
    """COPY the stored rows of the file, ready made, into the same tables by one worker."""
    of_file = f"file_id = {file.pk}"
    key = "account_id, event_start, id"
    of_events = f"({key}) IN (SELECT {key} FROM rating_usageevent WHERE {of_file})"
    ready = [
        _taken_out("rating_ratedusage", RATED_COLUMNS, of_events),
        _taken_out("rating_usageevent", (*COUNTED_COLUMNS, "id"), of_file),
    ]
    started = time.perf_counter()
    with connection.cursor() as cursor:
        for statement, path in ready:
            with path.open("rb") as rows, cursor.copy(statement) as into:
                while block := rows.read(BLOCK):
                    into.write(block)
    return time.perf_counter() - started


def _taken_out(table: str, columns: tuple[str, ...], which: str) -> tuple[str, Path]:
    """Take rows out of a table to a file; return the statement that copies them back, and it."""
    path = Path(settings.VAR_DIR) / f"{table}.txt"
    listed = ", ".join(columns)
    with connection.cursor() as cursor, path.open("wb") as rows:
        with cursor.copy(
            f"COPY (SELECT {listed} FROM {table} WHERE {which}"
            " ORDER BY account_id, event_start) TO STDOUT"
        ) as out:
            for block in out:
                rows.write(block)
        cursor.execute(f"DELETE FROM {table} WHERE {which}")
    return f"COPY {table} ({listed}) FROM STDIN", path


def _orm_loop(source: UsageSource, numbers: list[str], turn: int) -> float:
    """Do the same for few rows as an ordinary program would: look up, check, create, add."""
    dice = random.Random(turn)
    ensure_partitions(connection.cursor(), {"2027-05"})
    started = time.perf_counter()
    for number in range(ORM_ROWS):
        moment = START + timedelta(seconds=dice.randrange(5 * 86_400))
        owner = (
            ServiceIdentifier.objects.select_related("service__subscription__account")
            .filter(type="MSISDN", value=dice.choice(numbers), valid__contains=moment)
            .get()
        )
        subscription = owner.service.subscription
        own = subscription.charges.filter(charge__usage_type__code="DATA").get()
        key = f"00000000-0000-{turn:04x}-0000-{number:012x}"
        if UsageKey.objects.filter(source_id=source.pk, key_hash=key).exists():
            continue
        UsageKey.objects.create(
            source_id=source.pk,
            key_hash=key,
            content_hash=b"12345678",
            file_id=0,
            row_number=number,
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('rating_usageevent_id_seq')")
            identity = cursor.fetchone()[0]
        quantity = Decimal(dice.randrange(1, 900_000)) / 1000
        UsageEvent.objects.create(
            id=identity, account_id=subscription.account_id, event_start=moment,
            event_end=moment, source_id=source.pk, event_key=key, usage_type="DATA",
            identifier_type="MSISDN", identifier=owner.value, quantity=quantity,
            billable_quantity=quantity, attributes={"zone": "EU"}, service_id=owner.service_id,
            subscription_charge_id=own.pk, on_date=moment.date(), attribute_key="zone=EU",
            file_id=0, row_number=number, received_at=RECEIVED,
        )  # fmt: skip
        sums = UsageAggregate.objects.filter(
            account_id=subscription.account_id, subscription_charge_id=own.pk,
            service_id=owner.service_id, on_date=moment.date(), attribute_key="zone=EU",
        )  # fmt: skip
        if not sums.update(quantity=F("quantity") + quantity, event_count=F("event_count") + 1):
            UsageAggregate.objects.create(
                account_id=subscription.account_id, subscription_charge_id=own.pk,
                service_id=owner.service_id, on_date=moment.date(), attribute_key="zone=EU",
                quantity=quantity, event_count=1,
            )  # fmt: skip
    seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM rating_usageevent WHERE file_id = 0")
    return seconds


def lay_services(accounts: int) -> UsageSource:
    """Lay an offer with three usage charges and the services, by sets."""
    entity = LegalEntity.objects.create(
        code="EU", name="EU", country="DE", functional_currency="EUR", time_zone="Europe/Berlin"
    )
    version = _offer()
    customer = Customer.objects.create(number="C1", kind="ORG", legal_name="Benchmark")
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT customers_tree_lock()")
        for statement in SERVICES.split(";"):
            if statement.strip():
                cursor.execute(
                    statement,
                    {
                        "accounts": accounts,
                        "per_account": PER_ACCOUNT,
                        "customer": customer.pk,
                        "entity": entity.pk,
                        "version": version.pk,
                    },
                )
        cursor.execute("COMMIT")
        cursor.execute("ANALYZE")
    return operations.define_source(code="MED", name="Mediation", actor=None)


def _offer() -> OfferVersion:
    megabyte = UnitOfMeasure.objects.create(code="MB", name="MB", dimension="DATA")
    second = UnitOfMeasure.objects.create(code="SEC", name="Second", dimension="TIME")
    piece = UnitOfMeasure.objects.create(code="EA", name="Each", dimension="COUNT")
    product = Product.objects.create(code="LINE", name="Line", product_type="USAGE")
    version = OfferVersion.objects.create(
        offer=Offer.objects.create(code="MOBILE", name="Mobile"),
        number=1,
        sale_window=(date(2020, 1, 1), None),
    )
    for sequence, (code, unit, terms) in enumerate(
        (
            ("DATA", megabyte, {"price_attributes": ["zone"]}),
            ("VOICE", second, {"first_increment": 60, "next_increment": 30}),
            ("SMS", piece, {"usage_rounding": "EVENT", "event_decimals": 4}),
        ),
        1,
    ):
        kind = UsageType.objects.create(code=code, name=code, unit=unit, identifier_type="MSISDN")
        charge = Charge.objects.create(
            offer_version=version, product=product, kind="USAGE", timing="ARREARS", code=code,
            name=code, reference=f"MOBILE/1/{code}", price_model="PER_UNIT", usage_type=kind,
            sequence=sequence, **terms,  # type: ignore[arg-type]
        )  # fmt: skip
        price = PriceVersion.objects.create(
            charge=charge, currency="EUR", valid=(date(2020, 1, 1), None),
            unit_price=Decimal("0.0123"),
        )  # fmt: skip
        _publish(price)
    _publish(version)
    return version


def _publish(row: OfferVersion | PriceVersion) -> None:
    for state in ("IN_REVIEW", "APPROVED", "PUBLISHED"):
        row.state = state
        row.submitted_at = row.approved_at = row.published_at = Now()  # type: ignore[assignment]
        row.save()


SERVICES = """
INSERT INTO customers_account (
    number, customer_id, name, role, entity_id, currency, time_zone, cycle_code, cycle_day,
    cycle_months, invoice_mode, terms_kind, terms_days, language, delivery, po_number,
    cost_centre, billing_hold_reason, status, opened_on, lft, rght, tree_id, level
)
SELECT 'A' || n, %(customer)s, 'Account ' || n, 'PAYER', %(entity)s, 'EUR', 'Europe/Berlin', 'C1',
    1, 1, 'CONSOLIDATED', 'NET', 30, 'en', 'EMAIL', '', '', '', 'ACTIVE', '2027-01-01',
    1, 2, n, 0
FROM generate_series(1, %(accounts)s) AS n;
INSERT INTO customers_accountposition (account_id, valid, role, reason)
SELECT id, '[2027-01-01,)', 'PAYER', '' FROM customers_account;
INSERT INTO customers_subscription (
    number, account_id, state, term_type, renewal, effective_on, end_reason, price_policy,
    po_number
)
SELECT 'S' || a.id || '-' || n, a.id, 'PENDING', 'EVERGREEN', 'AUTO', '2027-01-01', '', 'FLOATING',
    ''
FROM customers_account AS a, generate_series(1, %(per_account)s) AS n;
UPDATE customers_subscription SET state = 'ACTIVE';
INSERT INTO customers_subscriptionitem (subscription_id, offer_version_id, quantity, valid)
SELECT id, %(version)s, 1, '[2027-01-01,)' FROM customers_subscription;
INSERT INTO customers_subscriptioncharge (item_id, subscription_id, account_id, charge_id, anchor)
SELECT i.id, s.id, s.account_id, c.id, '2027-01-01'
FROM customers_subscriptionitem AS i
JOIN customers_subscription AS s ON s.id = i.subscription_id
JOIN catalog_charge AS c ON c.offer_version_id = %(version)s;
INSERT INTO customers_chargesegment (subscription_charge_id, valid, quantity, state, reason)
SELECT id, '[2027-01-01,)', 1, 'ON', '' FROM customers_subscriptioncharge;
INSERT INTO customers_serviceinstance (number, subscription_id, type, state)
SELECT 'V' || id, id, 'MSISDN', 'ACTIVE' FROM customers_subscription;
INSERT INTO customers_serviceidentifier (service_id, type, value, valid)
SELECT id, 'MSISDN', (49150000000 + id)::text, '[2026-12-31T23:00:00Z,)'
FROM customers_serviceinstance;
INSERT INTO customers_servicestatusperiod (service_id, state, valid)
SELECT id, 'ACTIVE', '[2026-12-31T23:00:00Z,)' FROM customers_serviceinstance
"""
