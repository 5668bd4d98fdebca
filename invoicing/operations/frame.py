"""What is the same for every payer of a run, read once per process and remembered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

import catalog.queries
import customers.queries
import invoicing.queries
import ledger.queries
import rating.queries
import tax.queries
from catalog.choices import BilledThrough
from catalog.queries import ChargeTerms, CommitmentTerms, CompiledCatalog, DiscountTerms
from catalog.rules.counter_checks import SHARED
from catalog.rules.metering import Metric
from catalog.rules.pricing import PriceTerms
from catalog.rules.selection import attribute_pairs
from customers.models import Account, ContractCommitment, GrantedDiscount
from foundation.copying import escape
from foundation.proration import Convention
from foundation.sql import statement
from invoicing.choices import Corrections, RunKind
from invoicing.models import BillCycle, BillRun
from invoicing.operations.inputs import Payer
from invoicing.operations.moment import NOW
from invoicing.operations.reading import Window
from invoicing.operations.usage_inputs import Steps
from invoicing.rules.calendar import Calendar, Timing
from invoicing.rules.charging import ChargePlan
from invoicing.rules.documents import Subject, Terms
from invoicing.rules.findings import Limits
from invoicing.rules.prices import Prices, Who
from invoicing.rules.timeline import PLAIN, Policies
from ledger.choices import CreditStyle, RateKind
from ledger.models import Currency, LegalEntity
from tax.rules import Places, TaxTables, taxing_place

MONTHS = {"MONTH": 1, "YEAR": 12}
KIND_ORDER = {"RECURRING": 0, "ONE_TIME": 1, "USAGE": 2}


class Seller(NamedTuple):
    """A legal entity as documents need it; `snapshot` is JSON ready for COPY."""

    id: int
    country: str
    functional_currency: str
    tax_rounding: str
    separate_credits: bool
    snapshot: str
    tables: TaxTables


class Frame:
    """The catalogue, calendars, sellers and rates of one run.

    Another catalogue than the one in force answers what would be, and is never posted. Nor is a
    run that is not stored: nobody reviews it, so what only a review compares is not read.
    """

    def __init__(
        self, run: BillRun, cycle: BillCycle, listed: CompiledCatalog | None = None
    ) -> None:
        self.run_id = run.pk
        self.is_interim = run.kind == RunKind.INTERIM
        self.origin = "INTERIM" if self.is_interim else "CYCLE"
        self.bill_date = run.bill_date
        self.cycle = cycle
        self.stamp = inputs_stamp() if run.pk else ""
        self.moment = NOW
        self.suspects: frozenset[int] | None = None
        self.catalog: CompiledCatalog = listed or catalog.queries.compiled()
        self.limits = Limits(cycle.warn_percent, cycle.hold_percent)
        self.plans: dict[int, ChargePlan] = {}
        self.subjects: dict[int, Subject] = {}
        self._sourcing: dict[int, str] = {}
        self.prices = Prices(
            self._find_price,
            {one.id: one.product_id for one in self.catalog.charges.values()},
            self.catalog.price_changes,
        )
        self.inclusive = frozenset(
            key for key, terms in self.catalog.terms.items() if terms.tax_inclusive
        )
        in_order = {
            charge
            for (charge, _, _), prices in self.catalog.prices.items()
            if any(one.terms.counts_transactions for one in prices)
        }
        for terms in self.catalog.charges.values():
            self.plans[terms.id] = _plan(terms, terms.id in in_order, cycle, self.is_interim)
            self.subjects[terms.id] = _subject(terms)
            self._sourcing[terms.id] = terms.sourcing
        self.cash_steps = dict(Currency.objects.values_list("code", "cash_step"))
        self.window = self._window()
        self.steps = self._steps()
        self.discounts: dict[int, DiscountTerms] = {}
        if self.window.has_discounts:
            self.discounts = catalog.queries.discount_terms(self.catalog.charges)
        self.commitments: dict[int, CommitmentTerms] = {}
        if self.window.has_commitments:
            self.commitments = catalog.queries.commitment_terms(self.catalog.charges)
        self.has_prepaid = rating.queries.is_money_held()
        self._leaving = invoicing.queries.leaving(cycle=cycle, by=run.bill_date)
        self._calendars: dict[tuple[int, int, date | None], Calendar] = {}
        self._sellers: dict[int, Seller] = {}
        self._zones: dict[str, ZoneInfo] = {}
        self._who: dict[tuple[str, int | None, str, str], Who] = {}
        self._terms: dict[tuple[int, str, str, bool], Terms] = {}
        self._rates: dict[tuple[str, str], Decimal] = {}

    def calendar(self, payer: Payer) -> Calendar:
        """Return the calendar of the payer's own cycle day and step."""
        key = (payer.cycle_day, payer.cycle_months, self._leaving.get(payer.id))
        found = self._calendars.get(key)
        if found is None:
            rhythm = self.cycle.rhythm_for(day=payer.cycle_day, months=payer.cycle_months)
            found = self._calendars[key] = Calendar(
                rhythm, self.bill_date, self.cycle.rebill_periods, key[2]
            )
        return found

    def who(self, payer: Payer) -> Who:
        """Return what of the payer decides prices; shared by payers that are equal in it."""
        zone = self._zones.get(payer.zone)
        if zone is None:
            zone = self._zones[payer.zone] = ZoneInfo(payer.zone)
        books = {
            owner.id: owner.book_id
            for owner in payer.owners.values()
            if owner.is_guest or (owner.book_id is not None and owner.book_id != payer.book_id)
        }
        if books:
            books |= {-one.id: one.book_id for one in payer.owners.values() if one.is_guest}
        if books or payer.contracts:
            return Who(payer.currency, payer.book_id, payer.segment, zone, payer.contracts, books)
        key = (payer.currency, payer.book_id, payer.segment, payer.zone)
        found = self._who.get(key)
        if found is None:
            found = self._who[key] = Who(*key[:3], zone)
        return found

    def seller(self, entity_id: int) -> Seller:
        """Return a legal entity with its tax tables."""
        found = self._sellers.get(entity_id)
        if found is None:
            entity = LegalEntity.objects.get(pk=entity_id)
            found = self._sellers[entity_id] = Seller(
                entity.pk,
                entity.country,
                entity.functional_currency,
                entity.tax_rounding,
                entity.credit_style == CreditStyle.CREDIT_NOTE,
                escape(seller_snapshot(entity)),
                tax.queries.tables(entity.pk, (self.bill_date,)),
            )
        return found

    def terms(self, payer: Payer, seller: Seller) -> Terms:
        """Return what decides the payer's documents."""
        key = (seller.id, payer.currency, payer.customer_kind, payer.vat_ok)
        found = self._terms.get(key)
        if found is None:
            found = self._terms[key] = Terms(
                currency=payer.currency,
                tax_rounding=seller.tax_rounding,
                seller_country=seller.country,
                customer_kind=payer.customer_kind,
                vat_ok=payer.vat_ok,
                separate_credits=seller.separate_credits,
                cash_step=self.cash_steps.get(payer.currency, Decimal(0)),
                invoice_date=self.bill_date,
            )
        return found

    def rate(self, currency: str, functional: str) -> Decimal:
        """Return the functional worth of one unit on the bill date.

        Raises: FxRateMissing.
        """
        key = (currency, functional)
        found = self._rates.get(key)
        if found is None:
            found = self._rates[key] = ledger.queries.fx_rate(
                currency, functional, RateKind.SPOT, self.bill_date
            )
        return found

    def grant_text(self, grant_id: int) -> str:
        """Return how a discount stands on an invoice that does not hold any more."""
        if grant_id < 0:
            return self.commitments[ContractCommitment.objects.get(pk=-grant_id).spec_id].text
        row = GrantedDiscount.objects.get(pk=grant_id)
        return self.discounts[row.discount_id].text

    def place(self, charge_id: int, service: int | None, bill_to: int | None) -> int | None:
        """Return the jurisdiction whose taxes a charge bears (TAX-3)."""
        sourcing = self._sourcing.get(charge_id, "")
        return taxing_place(sourcing, Places(service=service, bill_to=bill_to))

    def _find_price(
        self,
        charge_id: int,
        book_id: int | None,
        currency: str,
        segment: str,
        usage_key: str,
        day: date,
    ) -> PriceTerms | None:
        return self.catalog.price_for(
            charge_id,
            book_id=book_id,
            currency=currency,
            on_date=day,
            segment=segment or "*",
            attributes=dict(attribute_pairs(usage_key)) if usage_key not in ("", "*") else {},
        )

    def _steps(self) -> Steps:
        """Say between which days usage may be summed before it is read."""
        since, days = self.window.since, set[date]()
        for day, months in _cycle_steps(self.cycle):
            rhythm = self.cycle.rhythm_for(day=day, months=months)
            k = rhythm.number(since)
            while (boundary := rhythm.boundary(k)) <= self.bill_date:
                days.add(boundary)
                k += 1
        for charge_id, currency in {
            (charge, currency) for charge, _, currency in self.catalog.prices
        }:
            if self.plans[charge_id].kind == "USAGE":
                days.update(self.catalog.price_changes(charge_id, currency))
        usage = {key: one for key, one in self.catalog.charges.items() if one.kind == "USAGE"}
        resets = {key: one.tier_reset for key, one in usage.items() if one.tier_reset != "PERIOD"}
        daily = {key for key, one in usage.items() if one.alignment in ("ANNIVERSARY", "TERM")}
        metered = {
            charge_id: plan.metric
            for charge_id, plan in self.plans.items()
            if plan.metric is not None and plan.metric.needs_events
        }
        by_service = frozenset(key for key in usage if self.plans[key].by_service)
        shared = {
            key: one.counter_scope for key, one in usage.items() if one.counter_scope in SHARED
        }
        return Steps(
            frozenset(days),
            frozenset(daily | set(resets)),
            metered,
            by_service,
            resets,
            shared,
            {key: (one.product_id, one.section) for key, one in self.catalog.charges.items()},
            frozenset(key for key, one in self.plans.items() if one.to_the_second),
            frozenset(key for key, one in self.catalog.charges.items() if one.payer_price),
            frozenset(usage),
        )

    def _window(self) -> Window:
        calendar = Calendar(self.cycle.rhythm, self.bill_date, self.cycle.rebill_periods)
        long = {
            one.id: months
            for one in self.catalog.charges.values()
            if (months := MONTHS.get(one.unit, 0) * one.count) > self.cycle.months
        }
        since = calendar.horizon()
        longest = max(long.values(), default=0) * (self.cycle.rebill_periods + 1)
        long_since = min(since, _months_before(self.bill_date, longest))
        with connection.cursor() as cursor:
            special = customers.queries.special_terms(cursor, since=since)
        return Window(
            self.run_id,
            self.bill_date,
            since,
            long_since,
            tuple(sorted(long)),
            BillRun.objects.last_posted_at(self.cycle, self.bill_date) if self.run_id else None,
            frozenset(one for one in long if self.plans[one].kind == "USAGE"),
            **special._asdict(),
        )


def inputs_snapshot() -> str:
    """Return which transactions have ended, in the database's words: their changes are seen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def inputs_stamp() -> str:
    """Return a text that differs after any change of what many payers share.

    Catalogue, tax tables, agreed prices, exemption certificates and checks of VAT numbers.
    """
    parts = [catalog.queries.current_stamp(), tax.queries.current_stamp()]
    with connection.cursor() as cursor:
        cursor.execute(statement("invoicing", "shared_stamp"))
        parts.append(cursor.fetchone()[0])
    return sha256("#".join(parts).encode()).hexdigest()


def _cycle_steps(cycle: BillCycle) -> set[tuple[int, int]]:
    """Return the cycle days and steps that payers of the cycle have, and the calendar's."""
    own = Account.objects.filter(cycle_code=cycle.code).values_list("cycle_day", "cycle_months")
    return {(cycle.day, cycle.months), (1, 1), *own.distinct()}


def seller_snapshot(entity: LegalEntity) -> str:
    """Write the seller as a document shows it, as JSON."""
    town = f"{entity.postcode} {entity.town}".strip()
    lines = [entity.address_line1, entity.address_line2, town, entity.region, entity.country]
    facts = {
        "name": entity.name,
        "code": entity.code,
        "country": entity.country,
        "vat_id": entity.vat_id,
        "email": entity.email,
        "bank": entity.bank_details,
        "lines": [one for one in lines if one],
    }
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def _plan(terms: ChargeTerms, in_order: bool, cycle: BillCycle, is_interim: bool) -> ChargePlan:
    policies = Policies(terms.in_policy, terms.out_policy, terms.change_policy, terms.change_day)
    is_usage, is_running = terms.kind == "USAGE", is_interim and terms.timing == "THRESHOLD"
    metric = terms.metric
    if in_order and is_usage and terms.rounding == "LINE":
        metric = replace(metric or Metric(), rule="TRANSACTIONS")
    return ChargePlan(
        charge_id=terms.id,
        kind=terms.kind,
        timing=Timing(
            terms.timing == "ADVANCE" and not is_usage,
            terms.alignment,
            terms.unit,
            terms.count,
            terms.long_anchor,
            is_running or terms.billed_through == BilledThrough.RUN_DATE,
        ),
        convention=Convention(terms.convention),
        months=MONTHS.get(terms.unit, 0) * terms.count,
        factor_decimals=terms.factor_decimals,
        policies=PLAIN if policies == PLAIN else policies,
        rounds_events=is_usage and terms.rounding == "EVENT",
        shows_zero=terms.show_zero,
        text=_charge_text(terms),
        per_day=terms.model == "PER_DAY",
        bills_zero=is_usage and terms.bill_zero,
        tier_proration=terms.tier_proration,
        free_proration=terms.free_proration,
        splits=terms.split_on_price_change and terms.kind == "RECURRING",
        rebills=cycle.corrections == Corrections.REBILL,
        metric=metric,
        counter_scope=terms.counter_scope if is_usage else "SUBSCRIPTION",
        to_the_second=terms.granularity == "SECOND",
    )


def _subject(terms: ChargeTerms) -> Subject:
    return Subject(
        kind=terms.kind,
        section=terms.section,
        order=KIND_ORDER.get(terms.kind, 3),
        text=_charge_text(terms),
        uom=terms.uom,
        tax_category=terms.tax_category,
        gl_code=terms.gl_code,
        product_id=terms.product_id,
        charge_id=terms.id,
    )


def _charge_text(terms: ChargeTerms) -> str:
    text = terms.text or terms.name
    for name, value in (
        ("{name}", terms.name),
        ("{charge}", terms.name),
        ("{product}", terms.product_name),
        ("{offer}", terms.offer_name),
        ("{unit}", terms.uom),
    ):
        text = text.replace(name, value)
    return text[:160]


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)
