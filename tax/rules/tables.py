"""The tax tables of one legal entity, turned into plans (TAX-2, TAX-4, TAX-5, TAX-8)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from tax.rules.plans import CODES, NONE, PERCENT, Plan, Step, TaxRateMissing
from tax.rules.terms import ONE, ZERO

ANY = "*"
CONSUMER = "CONSUMER"


class JurisdictionTerms(NamedTuple):
    """A place in the tree; the code of a root is its country."""

    id: int
    code: str
    parent_id: int | None
    date_basis: str = "INVOICE_DATE"
    combine_local: bool = False


class TaxTypeTerms(NamedTuple):
    """A tax; `compounds_on` lists earlier types that join its base."""

    id: int
    code: str
    sequence: int
    compounds_on: tuple[int, ...] = ()
    gl_number: str = ""
    pass_through: bool = False
    name: str = ""


class RateTerms(NamedTuple):
    """A rate of a place and a tax over a half-open validity."""

    id: int
    jurisdiction_id: int
    tax_type_id: int
    code: str
    rate: Decimal
    starts: date
    ends: date | None
    kind: str = PERCENT
    cap: Decimal | None = None
    cap_scope: str = "LINE"
    currency: str = ""


class RuleTerms(NamedTuple):
    """How a place treats a category sold to a kind of customer; '*' stands for all."""

    id: int
    category: str
    jurisdiction_id: int
    tax_type_id: int
    customer_kind: str
    treatment: str
    rate_code: str
    starts: date
    ends: date | None
    share: Decimal = ONE
    reason: str = ""


class RegistrationTerms(NamedTuple):
    """A registration of the entity; it covers the place and all that lies in it."""

    jurisdiction_id: int
    starts: date
    ends: date | None
    number: str = ""


class _Dated(NamedTuple):
    starts: date
    ends: date | None


@dataclass(slots=True)
class TaxTables:
    """All that decides the tax of one entity; plans are worked out once and kept."""

    jurisdictions: dict[int, JurisdictionTerms]
    types: dict[int, TaxTypeTerms]
    rates: dict[tuple[int, int, str], list[RateTerms]]
    rules: dict[tuple[int, int], list[RuleTerms]]
    registrations: dict[int, list[RegistrationTerms]]
    splits: frozenset[int] = frozenset()
    plans: dict[tuple[str, int | None, str, date], Plan] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        *,
        jurisdictions: Iterable[JurisdictionTerms],
        types: Iterable[TaxTypeTerms],
        rates: Iterable[RateTerms],
        rules: Iterable[RuleTerms],
        registrations: Iterable[RegistrationTerms],
    ) -> TaxTables:
        """Index the rows of the tables."""
        tables = cls(
            {one.id: one for one in jurisdictions}, {one.id: one for one in types}, {}, {}, {}
        )
        for rate in rates:
            key = (rate.jurisdiction_id, rate.tax_type_id, rate.code)
            tables.rates.setdefault(key, []).append(rate)
        for rule in rules:
            tables.rules.setdefault((rule.jurisdiction_id, rule.tax_type_id), []).append(rule)
        for registration in registrations:
            tables.registrations.setdefault(registration.jurisdiction_id, []).append(registration)
        tables.splits = frozenset(
            place.id
            for place in tables.jurisdictions.values()
            if any(one.date_basis == "SPLIT_BY_DAYS" for one in tables.stack(place.id))
        )
        return tables

    def stack(self, jurisdiction_id: int | None) -> list[JurisdictionTerms]:
        """Return the places from the country down to the given one (TAX-4)."""
        places = []
        while jurisdiction_id is not None:
            place = self.jurisdictions[jurisdiction_id]
            places.append(place)
            jurisdiction_id = place.parent_id
        return places[::-1]

    def date_basis(self, jurisdiction_id: int | None) -> str:
        """Return the tax date basis: the nearest place that departs from the invoice date."""
        for place in reversed(self.stack(jurisdiction_id)):
            if place.date_basis != "INVOICE_DATE":
                return place.date_basis
        return "INVOICE_DATE"

    def changes(self, jurisdiction_id: int | None) -> set[date]:
        """Return every day on which a rate, rule or registration of the stack changes."""
        days: set[date] = set()
        for place in self.stack(jurisdiction_id):
            rows: list[_Dated | RateTerms | RuleTerms | RegistrationTerms] = []
            rows += self.registrations.get(place.id, [])
            for (at, _, _), rates in self.rates.items():
                rows += rates if at == place.id else []
            for (at, _), rules in self.rules.items():
                rows += rules if at == place.id else []
            for row in rows:
                days.add(row.starts)
                days.update(() if row.ends is None else (row.ends,))
        return days

    def plan(self, category: str, jurisdiction_id: int | None, regime: str, on: date) -> Plan:
        """Return the plan of a line, made on first use; `regime` comes from `regime_of`."""
        key = (category, jurisdiction_id, regime, on)
        plan = self.plans.get(key)
        if plan is None:
            plan = self.plans[key] = self._make(category, jurisdiction_id, regime, on)
        return plan

    def _make(self, category: str, jurisdiction_id: int | None, regime: str, on: date) -> Plan:
        kind, vat_ok, seller_country, currency = regime.split("|")
        stack = self.stack(jurisdiction_id)
        abroad = bool(stack) and stack[0].code != seller_country
        found: list[tuple[int, int, RuleTerms, RateTerms | None, int]] = []
        for depth, place in enumerate(stack):
            for tax in self.types.values():
                rule = self._rule(stack[: depth + 1], tax.id, category, kind, on)
                reverse = rule is not None and rule.treatment == "REVERSE_CHARGE"
                if reverse and not (abroad and vat_ok == "1"):
                    # TAX-7: without a valid number, or at home, the buyer counts as a consumer.
                    rule = self._rule(stack[: depth + 1], tax.id, category, CONSUMER, on)
                if rule is None or not self._is_taxed_here(rule, stack[: depth + 1], tax.id, on):
                    continue
                rate = self._rate(rule, place, tax, on)
                if rate is not None and rate.currency not in ("", currency):
                    message = f"{place.code} taxes {tax.code} in {rate.currency}, not {currency}."
                    raise TaxRateMissing(message)
                if rate is not None or rule.treatment != "TAXABLE":
                    found.append((tax.sequence, depth, rule, rate, place.id))
        found.sort(key=lambda one: (one[0], one[1], one[2].tax_type_id))
        combined = {place.id for place in stack if place.combine_local}
        return Plan(tuple(self._steps(found, stack, combined)))

    def registration(self, jurisdiction_id: int, on: date) -> RegistrationTerms | None:
        """Return the registration that covers a place on a day (TAX-2)."""
        for above in reversed(self.stack(jurisdiction_id)):
            for one in self.registrations.get(above.id, ()):
                if one.starts <= on and (one.ends is None or on < one.ends):
                    return one
        return None

    def rule(
        self, jurisdiction_id: int, tax_id: int, category: str, customer_kind: str, on: date
    ) -> RuleTerms | None:
        """Return the rule that decides a tax in a place (TAX-5)."""
        return self._rule(self.stack(jurisdiction_id), tax_id, category, customer_kind, on)

    def rate(self, jurisdiction_id: int, tax_id: int, code: str, on: date) -> RateTerms | None:
        """Return the rate of a code in a place itself on a day."""
        for rate in self.rates.get((jurisdiction_id, tax_id, code), ()):
            if rate.starts <= on and (rate.ends is None or on < rate.ends):
                return rate
        return None

    def has_rate(self, jurisdiction_id: int, tax_id: int, on: date) -> bool:
        """Say whether a place itself has any rate of a tax on a day."""
        return bool(self._rates_on(jurisdiction_id, tax_id, on))

    def _rule(
        self, stack: list[JurisdictionTerms], tax_id: int, category: str, kind: str, on: date
    ) -> RuleTerms | None:
        """Find the rule of the nearest place; the named category and kind beat '*' (TAX-5)."""
        for place in reversed(stack):
            candidates = [
                rule
                for rule in self.rules.get((place.id, tax_id), ())
                if rule.starts <= on
                and (rule.ends is None or on < rule.ends)
                and rule.category in (category, ANY)
                and rule.customer_kind in (kind, ANY)
            ]
            if candidates:
                return max(
                    candidates,
                    key=lambda rule: (rule.category != ANY, rule.customer_kind != ANY),
                )
        return None

    def _is_taxed_here(
        self, rule: RuleTerms, stack: list[JurisdictionTerms], tax_id: int, on: date
    ) -> bool:
        """Require a registration (TAX-2) and something of this tax in the place itself."""
        place = stack[-1]
        own = rule.jurisdiction_id == place.id
        if not own and not self._rates_on(place.id, tax_id, on):
            return False
        if rule.treatment == "REVERSE_CHARGE":
            return True
        return any(
            one.starts <= on and (one.ends is None or on < one.ends)
            for above in stack
            for one in self.registrations.get(above.id, ())
        )

    def _rates_on(self, jurisdiction_id: int, tax_id: int, on: date) -> list[RateTerms]:
        return [
            rate
            for (place, tax, _), rates in self.rates.items()
            if place == jurisdiction_id and tax == tax_id
            for rate in rates
            if rate.starts <= on and (rate.ends is None or on < rate.ends)
        ]

    def _rate(
        self, rule: RuleTerms, place: JurisdictionTerms, tax: TaxTypeTerms, on: date
    ) -> RateTerms | None:
        if rule.treatment != "TAXABLE":
            return None
        for rate in self.rates.get((place.id, tax.id, rule.rate_code), ()):
            if rate.starts <= on and (rate.ends is None or on < rate.ends):
                return rate
        if rule.jurisdiction_id != place.id:
            return None
        message = f"{place.code} has no rate {rule.rate_code} of {tax.code} on {on}."
        raise TaxRateMissing(message)

    def _steps(
        self,
        found: list[tuple[int, int, RuleTerms, RateTerms | None, int]],
        stack: list[JurisdictionTerms],
        combined: set[int],
    ) -> Iterator[Step]:
        taxed: list[int] = []
        parts_of_unit: dict[tuple[int, int, Decimal], int] = {}
        depth_of_combining = next(
            (depth for depth, place in enumerate(stack) if place.id in combined), len(stack)
        )
        for position, (sequence, depth, rule, rate, place_id) in enumerate(found):
            tax = self.types[rule.tax_type_id]
            base = tuple(i for i, type_id in enumerate(taxed) if type_id in tax.compounds_on)
            unit = position
            joins = rate is not None and rate.kind == PERCENT and rate.cap is None and not base
            if joins and depth >= depth_of_combining:
                unit = parts_of_unit.setdefault((sequence, tax.id, rule.share), position)
            taxed.append(tax.id)
            yield Step(
                jurisdiction_id=place_id,
                tax_type_id=tax.id,
                code=CODES[rule.treatment],
                kind=NONE if rate is None else rate.kind,
                rate=ZERO if rate is None else rate.rate,
                share=rule.share,
                cap=None if rate is None else rate.cap,
                cap_scope="LINE" if rate is None else rate.cap_scope,
                base=base,
                sequence=sequence,
                unit=unit,
                trace=_trace(rule, rate),
            )


def regime_of(customer_kind: str, vat_ok: bool, seller_country: str, currency: str) -> str:
    """Name what a whole document shares for the choice of plans."""
    return f"{customer_kind}|{1 if vat_ok else 0}|{seller_country}|{currency}"


def _trace(rule: RuleTerms, rate: RateTerms | None) -> str:
    """Write the trace of a step once, as JSON text (TAX-11)."""
    facts: dict[str, object] = {"rule": rule.id, "treatment": rule.treatment}
    if rate is not None:
        facts |= {"rate_id": rate.id, "rate_code": rate.code, "kind": rate.kind}
        if rate.cap is not None:
            facts["cap"] = str(rate.cap)
    if rule.share != ONE:
        facts["share"] = str(rule.share)
    if rule.reason:
        facts["reason"] = rule.reason
    return json.dumps(facts, separators=(",", ":"))
