"""Six places, their taxes and rules, and documents sold there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tax.rules import (
    Exemption,
    JurisdictionTerms,
    LineTax,
    RateTerms,
    RegistrationTerms,
    RuleTerms,
    TaxableLine,
    TaxDocument,
    TaxTables,
    TaxTypeTerms,
    calculate,
)

D = Decimal

START = date(2020, 1, 1)
DAY = date(2027, 3, 1)
US, STATE, COUNTY, CITY, DE, FR = 1, 2, 3, 4, 5, 6
SALES, SURCHARGE, UNIT_FEE, LINE_FEE, VAT, LEVY = 1, 2, 3, 4, 5, 6


def rate(
    number: int, place: int, tax: int, value: str, code: str = "STANDARD", **more: object
) -> RateTerms:
    more.setdefault("starts", START)
    more.setdefault("ends", None)
    return RateTerms(number, place, tax, code, D(value), **more)  # type: ignore[arg-type]


def rule(number: int, place: int, tax: int, **more: object) -> RuleTerms:
    values = {
        "category": "*",
        "customer_kind": "*",
        "treatment": "TAXABLE",
        "starts": START,
        "ends": None,
    } | more
    values.setdefault("rate_code", "STANDARD" if values["treatment"] == "TAXABLE" else "")
    return RuleTerms(id=number, jurisdiction_id=place, tax_type_id=tax, **values)  # type: ignore[arg-type]


RATES = [
    rate(1, STATE, SALES, "0.065"),
    rate(2, COUNTY, SALES, "0.0125"),
    rate(3, CITY, SALES, "0.01"),
    rate(4, STATE, SURCHARGE, "0.05"),
    rate(5, STATE, UNIT_FEE, "0.75", kind="PER_UNIT", currency="USD"),
    rate(6, STATE, LINE_FEE, "1.20", kind="FLAT_LINE", currency="USD"),
    rate(7, DE, VAT, "0.16", ends=date(2027, 1, 1)),
    rate(8, DE, VAT, "0.19", starts=date(2027, 1, 1)),
    rate(9, DE, VAT, "0.07", code="REDUCED"),
    rate(10, FR, VAT, "0.20"),
    rate(11, STATE, LEVY, "0.10", cap=D("2.00"), currency="USD"),
]
RULES = [
    rule(1, STATE, SALES),
    rule(2, STATE, SURCHARGE, category="TELECOM"),
    rule(3, STATE, UNIT_FEE, category="SEAT"),
    rule(4, STATE, LINE_FEE, category="PARCEL"),
    rule(5, STATE, SALES, category="FOOD", treatment="EXEMPT", reason="Groceries"),
    rule(6, STATE, SALES, category="MIXED", share=D("0.40")),
    rule(7, DE, VAT),
    rule(8, DE, VAT, category="BOOK", rate_code="REDUCED"),
    rule(9, DE, VAT, category="EXPORT", treatment="ZERO"),
    rule(10, FR, VAT),
    rule(11, FR, VAT, customer_kind="BUSINESS", treatment="REVERSE_CHARGE", reason="Article 196"),
    rule(12, STATE, LEVY, category="LEVIED"),
    rule(13, DE, VAT, category="DEPOSIT", treatment="OUT_OF_SCOPE", reason="No supply"),
]


def tables(
    *, combine: bool = False, date_basis: str = "INVOICE_DATE", **changes: object
) -> TaxTables:
    values: dict[str, object] = {
        "jurisdictions": [
            JurisdictionTerms(US, "US", None),
            JurisdictionTerms(STATE, "US-AL", US, combine_local=combine),
            JurisdictionTerms(COUNTY, "US-AL-C", STATE),
            JurisdictionTerms(CITY, "US-AL-C-T", COUNTY),
            JurisdictionTerms(DE, "DE", None, date_basis=date_basis),
            JurisdictionTerms(FR, "FR", None),
        ],
        "types": [
            TaxTypeTerms(SALES, "SALES", 1),
            TaxTypeTerms(VAT, "VAT", 1),
            TaxTypeTerms(SURCHARGE, "SURCHARGE", 2, (SALES,), "2210", True),
            TaxTypeTerms(UNIT_FEE, "UNIT", 3),
            TaxTypeTerms(LINE_FEE, "PARCEL", 3),
            TaxTypeTerms(LEVY, "LEVY", 3),
        ],
        "rates": RATES,
        "rules": RULES,
        "registrations": [
            RegistrationTerms(STATE, START, None),
            RegistrationTerms(DE, START, None),
        ],
    } | changes
    return TaxTables.build(**values)  # type: ignore[arg-type]


def tax(
    *lines: TaxableLine,
    rounding: str = "LINE",
    currency: str = "USD",
    seller: str = "US",
    kind: str = "CONSUMER",
    vat_ok: bool = False,
    at: TaxTables | None = None,
) -> list[LineTax]:
    document = TaxDocument(rounding, currency, seller, kind, list(lines), vat_ok)
    return calculate(document, at or tables())


def line(
    amount: str, category: str = "GOODS", place: int | None = CITY, **more: object
) -> TaxableLine:
    more.setdefault("tax_date", DAY)
    return TaxableLine(more.pop("key", 1), D(amount), category, place, **more)  # type: ignore[arg-type]


def amounts(answer: LineTax) -> list[str]:
    return [str(one.amount) for one in answer.taxes]


def certificate(**more: object) -> Exemption:
    return Exemption(7, **({"starts": START, "ends": None} | more))  # type: ignore[arg-type]
