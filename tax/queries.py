"""Reads of tax: the tables of an entity as the calculator wants them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from foundation.integrity import Check, Finding
from tax.models import Jurisdiction, TaxRate, TaxRegistration, TaxRule, TaxType
from tax.rules import (
    JurisdictionTerms,
    RateTerms,
    RegistrationTerms,
    RuleTerms,
    TaxTables,
    TaxTypeTerms,
)

_kept: dict[int, tuple[str, TaxTables]] = {}


def tables(entity_id: int, on_dates: tuple[date, ...] = ()) -> TaxTables:
    """Return the tax tables of an entity, kept in the process until a row changes.

    Call it once per run or chunk: it reads the stamp of the tables, and the tables when the stamp
    moved. Plans are worked out on first use; those of `on_dates` need no call of their own.
    """
    stamp = current_stamp()
    held = _kept.get(entity_id)
    if held is None or held[0] != stamp:
        held = _kept[entity_id] = (stamp, _read(entity_id))
    return held[1]


def current_stamp() -> str:
    """Return a text that differs after any change of a tax table (one small statement)."""
    parts = [
        f"(SELECT concat(count(*), '/', max(id), '/', sum(version)) FROM {model._meta.db_table})"
        for model in (Jurisdiction, TaxType, TaxRate, TaxRule, TaxRegistration)
    ]
    # A rollback can bring an old stamp back, so the newest change counts too.
    parts += [
        f"(SELECT max(xmin::text::bigint)::text FROM {model._meta.db_table})"
        for model in (Jurisdiction, TaxType, TaxRate, TaxRule, TaxRegistration)
    ]
    parts.append("(SELECT count(*)::text FROM tax_taxtype_compounds_on)")
    parts.append("(SELECT oid::text FROM pg_database WHERE datname = current_database())")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT concat_ws('|', {', '.join(parts)})")
        row = cursor.fetchone()
    assert row is not None
    return str(row[0])


def _read(entity_id: int) -> TaxTables:
    compounds: dict[int, list[int]] = {}
    links = TaxType.compounds_on.through.objects.values_list("from_taxtype_id", "to_taxtype_id")
    for later, earlier in links:
        compounds.setdefault(later, []).append(earlier)
    return TaxTables.build(
        jurisdictions=(
            JurisdictionTerms(one.id, one.code, one.parent_id, one.date_basis, one.combine_local)
            for one in Jurisdiction.objects.all()
        ),
        types=(
            TaxTypeTerms(
                one.id,
                one.code,
                one.sequence,
                tuple(compounds.get(one.id, ())),
                one.gl_number,
                one.pass_through,
                one.name,
            )
            for one in TaxType.objects.all()
        ),
        rates=(rate_terms(one) for one in TaxRate.objects.all()),
        rules=(rule_terms(one) for one in TaxRule.objects.all()),
        registrations=(
            RegistrationTerms(one.jurisdiction_id, one.valid.lower, one.valid.upper, one.number)
            for one in TaxRegistration.objects.filter(entity_id=entity_id)
        ),
    )


def rate_terms(rate: TaxRate) -> RateTerms:
    """Return a stored rate as the calculator reads it."""
    return RateTerms(
        id=rate.pk,
        jurisdiction_id=rate.jurisdiction_id,
        tax_type_id=rate.tax_type_id,
        code=rate.code,
        rate=trimmed(rate.rate),
        starts=rate.valid.lower,
        ends=rate.valid.upper,
        kind=rate.kind,
        cap=None if rate.cap is None else trimmed(rate.cap),
        cap_scope=rate.cap_scope,
        currency=rate.currency,
    )


def rule_terms(rule: TaxRule) -> RuleTerms:
    """Return a stored rule as the calculator reads it."""
    return RuleTerms(
        id=rule.pk,
        category=rule.category,
        jurisdiction_id=rule.jurisdiction_id,
        tax_type_id=rule.tax_type_id,
        customer_kind=rule.customer_kind,
        treatment=rule.treatment,
        rate_code=rule.rate_code,
        starts=rule.valid.lower,
        ends=rule.valid.upper,
        share=trimmed(rule.taxable_share),
        reason=rule.reason,
    )


def trimmed(value: Decimal) -> Decimal:
    """Drop trailing zeros, without turning 100 into 1E+2."""
    short = value.normalize()
    exponent = short.as_tuple().exponent
    return short.to_integral_value() if isinstance(exponent, int) and exponent > 0 else short


def tree() -> list[tuple[int, Jurisdiction]]:
    """Return (depth, jurisdiction) from the countries down, each below its parent."""
    below: dict[int | None, list[Jurisdiction]] = {}
    for place in Jurisdiction.objects.order_by("code"):
        below.setdefault(place.parent_id, []).append(place)

    def walk(parent_id: int | None, depth: int) -> Iterator[tuple[int, Jurisdiction]]:
        for place in below.get(parent_id, ()):
            yield depth, place
            yield from walk(place.pk, depth + 1)

    return list(walk(None, 0))


def rates_on(on_date: date) -> QuerySet[TaxRate]:
    """Return the rates valid on a day, with their place and tax."""
    return TaxRate.objects.filter(valid__contains=on_date).select_related(
        "jurisdiction", "tax_type"
    )


def _rules_without_rate() -> list[Finding]:
    """Find taxable rules whose place has no rate of their code on their first day (TAX-5)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT rule.id, place.code, tax.code, rule.rate_code, lower(rule.valid)
            FROM tax_taxrule rule
            JOIN tax_jurisdiction place ON place.id = rule.jurisdiction_id
            JOIN tax_taxtype tax ON tax.id = rule.tax_type_id
            WHERE rule.treatment = 'TAXABLE'
              AND NOT EXISTS (
                SELECT 1 FROM tax_taxrate rate
                WHERE rate.tax_type_id = rule.tax_type_id AND rate.code = rule.rate_code
                  AND rate.jurisdiction_id = rule.jurisdiction_id
                  AND rate.valid @> lower(rule.valid))
            ORDER BY rule.id
            """
        )
        rows = cursor.fetchall()
    return [
        Finding(
            "TAX-5",
            f"tax.taxrule:{rule_id}",
            f"{place} taxes by a rate {code} of {tax} that it does not have on {day}.",
        )
        for rule_id, place, tax, code, day in rows
    ]


INTEGRITY: Final = (
    Check("TAX-5", "Every taxable rule has a rate from its first day", _rules_without_rate),
)
