"""Why this tax: the calculator asked about one sale, and what it considered (TAX-11)."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from tax.rules.tables import RateTerms, RegistrationTerms, RuleTerms, TaxTables


class Considered(NamedTuple):
    """One tax of one place: the rule and rate that decide it, and what came of it, in words."""

    jurisdiction_id: int
    tax_type_id: int
    rule: RuleTerms | None
    rate: RateTerms | None
    registration: RegistrationTerms | None
    verdict: str


def considered(
    tables: TaxTables, *, category: str, jurisdiction_id: int, customer_kind: str, on: date
) -> list[Considered]:
    """Return what was looked at for a sale, place by place from the country down (TAX-4)."""
    answers = []
    stack = tables.stack(jurisdiction_id)
    for depth, place in enumerate(stack):
        registration = tables.registration(place.id, on)
        for tax in sorted(tables.types.values(), key=lambda one: (one.sequence, one.id)):
            rule = tables.rule(place.id, tax.id, category, customer_kind, on)
            if rule is None or (
                rule.jurisdiction_id != place.id and not tables.has_rate(place.id, tax.id, on)
            ):
                continue
            rate = tables.rate(place.id, tax.id, rule.rate_code, on)
            answers.append(
                Considered(
                    place.id, tax.id, rule, rate, registration, _verdict(rule, rate, registration)
                )
            )
        if depth == len(stack) - 1 and not answers:
            answers.append(
                Considered(place.id, 0, None, None, registration, "No rule names this sale.")
            )
    return answers


def _verdict(
    rule: RuleTerms, rate: RateTerms | None, registration: RegistrationTerms | None
) -> str:
    if registration is None and rule.treatment != "REVERSE_CHARGE":
        return "No registration here on this day: no tax is charged (TAX-2)."
    if rule.treatment == "TAXABLE":
        if rate is None:
            return "Taxable here, but no such rate is valid on this day (TAX-5)."
        return "Taxed at this rate."
    if rule.treatment == "REVERSE_CHARGE":
        return "Reverse charge abroad with a valid number; otherwise the consumer's rule (TAX-7)."
    words = {"EXEMPT": "Exempt", "ZERO": "Zero rated", "OUT_OF_SCOPE": "Out of scope"}
    return f"{words[rule.treatment]}{': ' + rule.reason if rule.reason else ''}."
