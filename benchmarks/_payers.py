"""Payers in bulk: each with three recurring charges and two metered ones, all to be billed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection, transaction

from catalog.models import Charge
from invoicing.models import BillCycle
from tests.apps.invoicing.company import Company

D = Decimal
BILL_DATE = date(2027, 2, 1)
USAGE_DAYS = 4

POPULATION = """
CREATE TEMP TABLE fresh ON COMMIT DROP AS
SELECT g AS n, %(code)s || '-' || g AS number,
       nextval(pg_get_serial_sequence('customers_customer', 'id')) AS customer_id,
       nextval(pg_get_serial_sequence('customers_account', 'id')) AS account_id,
       nextval(pg_get_serial_sequence('customers_address', 'id')) AS address_id,
       nextval(pg_get_serial_sequence('customers_subscription', 'id')) AS subscription_id,
       nextval(pg_get_serial_sequence('customers_subscriptionitem', 'id')) AS item_id
FROM generate_series(1, %(payers)s) AS g;

INSERT INTO customers_customer (id, number, kind, legal_name, trading_name, segment, language,
    status, external_id, vat_id, registration_no)
SELECT customer_id, number, 'PERSON', 'Customer ' || number, '', '*', 'en', 'ACTIVE', '', '', ''
FROM fresh;
INSERT INTO customers_account (id, number, customer_id, parent_id, name, role, entity_id, currency,
    time_zone, cycle_code, cycle_day, cycle_months, invoice_mode, terms_kind, terms_days, language,
    delivery, po_number, cost_centre, billing_hold_reason, status, opened_on, lft, rght, tree_id,
    level)
SELECT account_id, number, customer_id, NULL, 'Account ' || number, 'PAYER', %(entity)s, 'EUR',
       'Europe/Berlin', %(code)s, 1, 1, 'CONSOLIDATED', 'NET', 30, 'en', 'EMAIL', '', '', '',
       'ACTIVE', '2027-01-01', 1, 2,
       (SELECT coalesce(max(tree_id), 0) FROM customers_account) + n, 0
FROM fresh;
INSERT INTO customers_accountposition (account_id, valid, parent_id, role, reason)
SELECT account_id, daterange('2027-01-01', NULL), NULL, 'PAYER', '' FROM fresh;
INSERT INTO customers_address (id, line1, line2, town, postcode, region, country, jurisdiction_id)
SELECT address_id, 'Street ' || n, '', 'Avalon City', '1000', '', 'AV', %(place)s FROM fresh;
INSERT INTO customers_accountaddress (account_id, address_id, role, valid)
SELECT account_id, address_id, 'BILLING', daterange('2027-01-01', NULL) FROM fresh;
INSERT INTO customers_subscription (id, number, account_id, state, term_type, renewal,
    effective_on, activation_on, end_reason, price_policy, po_number)
SELECT subscription_id, 'S' || number, account_id, 'ACTIVE', 'EVERGREEN', 'AUTO', '2027-02-01',
       '2027-02-01', '', 'FLOATING', '' FROM fresh;
INSERT INTO customers_subscriptionitem (id, subscription_id, offer_version_id, quantity, valid)
SELECT item_id, subscription_id, %(version)s, 1, daterange('2027-01-01', NULL) FROM fresh;

CREATE TEMP TABLE charged ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('customers_subscriptioncharge', 'id')) AS id, f.*,
       c.id AS charge_id, c.kind
FROM (SELECT * FROM fresh ORDER BY n) f
CROSS JOIN (SELECT id, kind FROM catalog_charge WHERE offer_version_id = %(version)s
            ORDER BY sequence) c;
INSERT INTO customers_subscriptioncharge (id, item_id, subscription_id, account_id,
    charge_id, anchor)
SELECT id, item_id, subscription_id, account_id, charge_id,
       CASE kind WHEN 'USAGE' THEN date '2027-01-01' ELSE '2027-02-01' END
FROM charged;
INSERT INTO customers_chargesegment (subscription_charge_id, valid, quantity, state, reason)
SELECT id, daterange(CASE kind WHEN 'USAGE' THEN date '2027-01-01' ELSE '2027-02-01' END, NULL),
       1, 'ON', '' FROM charged;
INSERT INTO rating_usageaggregate (account_id, subscription_charge_id, service_id, on_date,
    attribute_key, quantity, event_count)
SELECT account_id, id, subscription_id, date '2027-01-03' + d * 7, '*',
       ((n * 7 + d * 13 + charge_id * 3) %% 90) + 1.25, 3
FROM charged CROSS JOIN generate_series(0, %(days)s - 1) AS d
WHERE kind = 'USAGE';
"""


@dataclass(frozen=True, slots=True)
class Population:
    """Payers of a cycle of their own."""

    cycle: BillCycle
    payers: int


class Town:
    """A company and as many payers as asked for, in cycles of their own."""

    def __init__(self) -> None:
        self.company = Company()
        usage = {"kind": "USAGE", "price_model": "GRADUATED"}
        tiers = ((D(100), D("0.10")), (D(1000), D("0.05")), (None, D("0.02")))
        self.version = self.company.offer(
            "BUNDLE",
            {"code": "FIBER", "name": "Fiber 500", "price": D("39.90")},
            {"code": "PHONE", "name": "Phone line", "price": D("9.95")},
            {"code": "ROUTER", "name": "Router rent", "price": D("4.99")},
            {"code": "CALLS", "name": "Calls", "tiers": tiers, **usage},
            {"code": "DATA", "name": "Data", "tiers": tiers, **usage},
        )
        assert Charge.objects.filter(offer_version=self.version).count() == 5

    def settle(self, code: str, payers: int) -> Population:
        """Let so many payers of a new cycle move in, due to be billed on BILL_DATE.

        Rows that came at once are settled as those of an operator are long before the night:
        vacuumed and on disk, so that nobody pays for the filling.
        """
        cycle = BillCycle.objects.create(code=code, name=code)
        binds: dict[str, str | int] = {
            "code": code,
            "payers": payers,
            "entity": self.company.entity.pk,
            "place": self.company.place.pk,
            "version": self.version.pk,
            "days": USAGE_DAYS,
        }
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(POPULATION, binds)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
        return Population(cycle, payers)
