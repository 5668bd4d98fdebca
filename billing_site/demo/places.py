"""The two companies of Larkfield and the invented places that tax what they sell."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import ledger.operations
import tax.operations
from ledger.models import LegalEntity
from tax.models import Jurisdiction, TaxType

BOOKS_FROM = date(2026, 1, 1)
SINCE = date(2020, 1, 1)
CATEGORIES = (
    ("TELECOM", "Telecommunication", "TELECOM"),
    ("ELECTRONIC", "Electronic service", "ELECTRONIC"),
    ("SERVICE", "Other service", "SERVICE"),
    ("GOOD", "Goods", "GOOD"),
)
# code, name, level, parent, sales tax of its own
PLACES = (
    ("US", "United States", "COUNTRY", "", ""),
    ("ALDER", "State of Alder", "STATE", "US", "0.0650000"),
    ("ALDER-COUNTY", "Alder County", "COUNTY", "ALDER", "0.0100000"),
    ("ALDER-CITY", "Alder City", "CITY", "ALDER-COUNTY", "0.0075000"),
    ("BIRCH", "State of Birch", "STATE", "US", "0.0500000"),
    ("CEDAR", "State of Cedar", "STATE", "US", ""),
    ("XA", "Avalon", "COUNTRY", "", "0.1900000"),
    ("XB", "Borea", "COUNTRY", "", "0.2100000"),
    ("XC", "Corvia", "COUNTRY", "", "0.2000000"),
)
REDUCED_IN_CORVIA = Decimal("0.1000000")
SURCHARGE = Decimal("0.0200000")


@dataclass(frozen=True, slots=True)
class Entities:
    """Larkfield US bills dollars, sales tax by line; Larkfield EU euros, VAT by document."""

    us: LegalEntity
    eu: LegalEntity

    def of(self, code: str) -> LegalEntity:
        """Return the entity by the word that the account plans use."""
        return {"US": self.us, "EU": self.eu}[code]


def found() -> Entities:
    """Set up both entities with chart, periods and number series."""
    us = ledger.operations.ensure_entity(
        code="US",
        name="Larkfield Communications & Cloud, Inc.",
        country="US",
        functional_currency="USD",
        time_zone="America/Chicago",
        books_from=BOOKS_FROM,
        tax_rounding="LINE",
        credit_style="NEGATIVE_LINE",
        address_line1="1 Lark Way",
        postcode="10001",
        town="Alder City",
        region="Alder",
        bank_details="Bank of Alder\nRouting 999000111 · Account 4400 1122",
    )
    eu = ledger.operations.ensure_entity(
        code="EU",
        name="Larkfield Communications & Cloud GmbH",
        country="XA",
        functional_currency="EUR",
        time_zone="Europe/Berlin",
        books_from=BOOKS_FROM,
        tax_rounding="DOCUMENT",
        credit_style="CREDIT_NOTE",
        address_line1="Lerchenweg 1",
        postcode="10115",
        town="Avalon Stadt",
        vat_id="XA123456789",
        bank_details="Avalonbank\nIBAN XA00 1000 2000 3000 4000 00",
    )
    return Entities(us, eu)


def tax_tables(entities: Entities) -> None:
    """Fill in places, rates and rules: stacked, compounded sales tax; VAT, reverse charge."""
    for code, name, nature in CATEGORIES:
        tax.operations.define_category(code=code, name=name, nature=nature, actor=None)
    places: dict[str, Jurisdiction] = {}
    for code, name, level, parent, _ in PLACES:
        places[code] = tax.operations.add_jurisdiction(
            code=code, name=name, level=level, parent=places.get(parent), actor=None
        )
    surcharge = tax.operations.add_tax_type(
        code="TELCO", name="Universal service surcharge", sequence=1, pass_through=True, actor=None
    )
    sales = tax.operations.add_tax_type(
        code="SALES", name="Sales tax", sequence=2, compounds_on=[surcharge], actor=None
    )
    vat = tax.operations.add_tax_type(code="VAT", name="VAT", sequence=1, actor=None)
    _rate(places["US"], surcharge, SURCHARGE)
    _rule(places["US"], surcharge, "TAXABLE", category="TELECOM")
    for code, _, _, _, rate in PLACES:
        if rate:
            kind = vat if code.startswith("X") else sales
            _rate(places[code], kind, Decimal(rate))
            _rule(places[code], kind, "TAXABLE")
    _rate(places["XC"], vat, REDUCED_IN_CORVIA, code="REDUCED")
    _rule(places["XC"], vat, "TAXABLE", category="ELECTRONIC", rate_code="REDUCED")
    for code in ("XB", "XC"):
        for category in ("*", "ELECTRONIC"):
            _rule(
                places[code],
                vat,
                "REVERSE_CHARGE",
                category=category,
                customer_kind="BUSINESS",
                reason="Reverse charge: the customer accounts for the VAT.",
            )
    for code in ("US", "XA", "XB", "XC"):
        tax.operations.register_entity(
            entity_id=(entities.us if code == "US" else entities.eu).pk,
            jurisdiction=places[code],
            number=f"{code}-998877",
            starts=SINCE,
            actor=None,
        )


def _rate(place: Jurisdiction, kind: TaxType, rate: Decimal, code: str = "STANDARD") -> None:
    tax.operations.add_rate(
        jurisdiction=place,
        tax_type=kind,
        rate=rate,
        code=code,
        starts=SINCE,
        on_date=SINCE,
        actor=None,
    )


def _rule(
    place: Jurisdiction,
    kind: TaxType,
    treatment: str,
    *,
    category: str = "*",
    customer_kind: str = "*",
    rate_code: str = "",
    reason: str = "",
) -> None:
    tax.operations.add_rule(
        jurisdiction=place,
        tax_type=kind,
        treatment=treatment,
        category=category,
        customer_kind=customer_kind,
        rate_code=rate_code,
        reason=reason,
        starts=SINCE,
        on_date=SINCE,
        actor=None,
    )
