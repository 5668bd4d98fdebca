"""Accounts with data and calls abroad, and their stored events of one month, by sets."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from django.db import connection, transaction

import catalog.operations
from benchmarks._payers import POPULATION
from catalog.models import OfferVersion, UnitOfMeasure, UsageType
from invoicing.models import BillCycle
from rating.operations.partitions import ensure_partitions
from tests.apps.invoicing.company import Company

D = Decimal
LONG_AGO = date(2020, 1, 1)
JAN, FEB = date(2027, 1, 1), date(2027, 2, 1)
EVERY, WORKDAYS = (1, 2, 3, 4, 5, 6, 7), (1, 2, 3, 4, 5)
BANDS = [
    ("OFF", EVERY, time(0), time(0), 0), ("PEAK", WORKDAYS, time(8), time(20), 1),
    ("NIGHT", EVERY, time(22), time(6), 2),
]  # fmt: skip
TIERS = ((D(100), D("0.10")), (D(1000), D("0.05")), (None, D("0.02")))

SERVICES = """
INSERT INTO customers_serviceinstance (number, subscription_id, type, state)
SELECT 'V' || id, id, 'MSISDN', 'ACTIVE' FROM customers_subscription;
INSERT INTO customers_serviceidentifier (service_id, type, value, valid)
SELECT id, 'MSISDN', (49150000000 + id)::text, '[2026-12-31T23:00:00Z,)'
FROM customers_serviceinstance;
INSERT INTO customers_servicestatusperiod (service_id, state, valid)
SELECT id, 'ACTIVE', '[2026-12-31T23:00:00Z,)' FROM customers_serviceinstance;
"""

EVENTS = """
INSERT INTO rating_usageevent (
    account_id, event_start, event_end, source_id, service_id, subscription_charge_id, file_id,
    row_number, received_at, on_date, event_key, usage_type, identifier_type, identifier,
    attribute_key, quantity, billable_quantity, attributes
)
SELECT
    account_id, at, at, 1, service_id, own, 1, n, '2027-02-01 06:00+00',
    (at AT TIME ZONE 'Europe/Berlin')::date, %(kind)s || '-' || n, %(kind)s, 'MSISDN', identifier,
    attribute_key, quantity, CASE WHEN %(kind)s = 'DATA' THEN quantity END, attributes
FROM (
    SELECT
        s.*, g AS n, timestamptz '2026-12-31 23:00+00'
            + make_interval(secs => ((g * 7919 + s.service_id * 104729) %% 2678400)) AS at,
        CASE WHEN %(kind)s = 'CALL' THEN ''
            WHEN g %% 3 = 0 THEN 'zone=WORLD' ELSE 'zone=EU' END AS attribute_key,
        CASE WHEN %(kind)s = 'CALL' THEN 1 + (g * 31) %% 600 ELSE (1 + (g * 37) %% 9000) / 1000.0
        END AS quantity,
        CASE WHEN %(kind)s = 'CALL' THEN jsonb_build_object('called', '+' || (43660000000
            + (g * 7907 + s.service_id * 15485863) %% 20000 * 4111111)::text)
        ELSE jsonb_build_object('zone', CASE WHEN g %% 3 = 0 THEN 'WORLD' ELSE 'EU' END) END
            AS attributes
    FROM (
        SELECT
            row_number() OVER (ORDER BY a.id) - 1 AS place, a.id AS account_id,
            v.id AS service_id, sc.id AS own, i.value AS identifier
        FROM customers_account AS a
        JOIN customers_subscription AS b ON b.account_id = a.id
        JOIN customers_serviceinstance AS v ON v.subscription_id = b.id
        JOIN customers_serviceidentifier AS i ON i.service_id = v.id
        JOIN customers_subscriptioncharge AS sc ON sc.subscription_id = b.id
        JOIN catalog_charge AS c ON c.id = sc.charge_id AND c.code = %(kind)s
    ) AS s, generate_series(1, %(each)s) AS g
) AS e
ORDER BY account_id, at
"""


class Callers:
    """A company that sells data in tiers and calls by zone and band, and its accounts."""

    def __init__(self) -> None:
        self.company = Company()
        self.version = self._offer()

    def _offer(self) -> OfferVersion:
        second = UnitOfMeasure.objects.create(code="SEC", name="Second", dimension="TIME")
        gigabyte = UnitOfMeasure.objects.create(code="GB", name="GB", dimension="DATA")
        calls = UsageType.objects.create(
            code="CALL", name="Calls", unit=second, identifier_type="MSISDN"
        )
        data = UsageType.objects.create(
            code="DATA", name="Data", unit=gigabyte, identifier_type="MSISDN"
        )
        zones = catalog.operations.define_zone_map(
            code="DEST", name="To", fallback="REST", actor=None
        )
        catalog.operations.import_zones(
            zone_map=zones, content=_prefixes(), filename="zones.csv", starts=LONG_AGO, actor=None
        )
        plan = catalog.operations.define_band_plan(
            code="WEEK", name="Week", actor=None, holidays=[(JAN, "New Year")], bands=BANDS
        )
        cells = [
            (None, D("0.001") * (1 + zone) * factor, f"band={band},zone=Z{zone}")
            for zone in range(9)
            for band, factor in (("PEAK", D(4)), ("OFF", D(2)), ("NIGHT", D(1)))
        ]
        return self.company.offer(
            "MOBILE",
            {"code": "DATA", "name": "Data", "kind": "USAGE", "usage_type": data,
             "price_model": "GRADUATED", "price_attributes": ["zone"], "tiers": TIERS},
            {"code": "CALL", "name": "Calls", "kind": "USAGE", "usage_type": calls,
             "price_model": "MATRIX", "price_attributes": ["band", "zone"], "zone_map": zones,
             "band_plan": plan, "usage_rounding": "EVENT", "event_decimals": 4,
             "first_increment": D(60), "next_increment": D(6),
             "tiers": [*cells, (None, D("0.05"), "*")],
             "price_columns": {"event_fee": D("0.05")}},
        )  # fmt: skip

    def settle(self, accounts: int) -> BillCycle:
        """Let so many accounts move in, a subscription and a service each."""
        cycle = BillCycle.objects.create(code="MONTH", name="MONTH")
        binds: dict[str, str | int] = {
            "code": cycle.code, "payers": accounts, "entity": self.company.entity.pk,
            "place": self.company.place.pk, "version": self.version.pk, "days": 0,
        }  # fmt: skip
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(POPULATION, binds)
            cursor.execute(SERVICES)
        return cycle

    def store(self, kind: str, each: int) -> int:
        """Store so many events of January for each account, unrated; return how many in all."""
        with transaction.atomic(), connection.cursor() as cursor:
            ensure_partitions(cursor, {"2026-12", "2027-01"})
            cursor.execute(EVENTS, {"kind": kind, "each": each})
            count = cursor.rowcount
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
        return count


def _prefixes() -> bytes:
    """Return 5,000 prefixes of one to six digits in nine zones."""
    lines = ["prefix,zone"]
    numbers = [*range(1, 10), *range(40, 50), *range(430, 440), *range(43_000, 43_999),
               *range(436_600, 439_999), *range(500_000, 500_600)]  # fmt: skip
    lines += [f"{number},Z{number % 9}" for number in numbers[:5000]]
    return "\n".join([*lines, ""]).encode()
