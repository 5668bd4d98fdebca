"""Tax policy, pure: which taxes a line bears and how much, without a database."""

from tax.rules.calculator import calculate
from tax.rules.credits import CannotCreditMoreThanTheLine, credit_share
from tax.rules.plans import Plan, Step, TaxRateMissing
from tax.rules.sourcing import Places, call_points, split_by_days, tax_date, taxing_place
from tax.rules.tables import (
    JurisdictionTerms,
    RateTerms,
    RegistrationTerms,
    RuleTerms,
    TaxTables,
    TaxTypeTerms,
)
from tax.rules.terms import Exemption, LineTax, TaxableLine, TaxAmount, TaxDocument
from tax.rules.trial import Considered, considered

__all__ = [
    "CannotCreditMoreThanTheLine",
    "Considered",
    "Exemption",
    "JurisdictionTerms",
    "LineTax",
    "Places",
    "Plan",
    "RateTerms",
    "RegistrationTerms",
    "RuleTerms",
    "Step",
    "TaxAmount",
    "TaxDocument",
    "TaxRateMissing",
    "TaxTables",
    "TaxTypeTerms",
    "TaxableLine",
    "calculate",
    "call_points",
    "considered",
    "credit_share",
    "split_by_days",
    "tax_date",
    "taxing_place",
]
