"""The tables of tax."""

from tax.models.categories import TaxCategory
from tax.models.jurisdictions import Jurisdiction, TaxRegistration
from tax.models.rates import TaxRate, TaxRule, TaxType

__all__ = ["Jurisdiction", "TaxCategory", "TaxRate", "TaxRegistration", "TaxRule", "TaxType"]
