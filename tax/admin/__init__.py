"""Tax in the admin: to look at; rows are added and ended from the console's pages."""

from __future__ import annotations

from django.contrib import admin

from foundation.admin import DefinedAdmin, ReadOnlyAdmin
from tax import operations
from tax.models import Jurisdiction, TaxCategory, TaxRate, TaxRegistration, TaxRule, TaxType


@admin.register(TaxCategory)
class TaxCategoryAdmin(DefinedAdmin):
    """Tax categories."""

    define = operations.define_category
    list_display = ("code", "name", "nature", "sourcing")
    list_filter = ("nature", "sourcing")
    search_fields = ("code", "name")


@admin.register(TaxType)
class TaxTypeAdmin(ReadOnlyAdmin):
    """Taxes in the order of computing."""

    list_display = ("code", "name", "sequence", "pass_through", "gl_number")


@admin.register(Jurisdiction)
class JurisdictionAdmin(ReadOnlyAdmin):
    """Places that tax."""

    list_display = ("code", "name", "level", "parent", "date_basis", "combine_local")
    list_select_related = ("parent",)
    list_filter = ("level", "date_basis")
    search_fields = ("code", "name")


@admin.register(TaxRate)
class TaxRateAdmin(ReadOnlyAdmin):
    """Rates by date."""

    list_display = ("jurisdiction", "tax_type", "code", "kind", "rate", "cap", "valid")
    list_select_related = ("jurisdiction", "tax_type")
    list_filter = ("tax_type", "kind")
    search_fields = ("jurisdiction__code", "jurisdiction__name", "code")


@admin.register(TaxRule)
class TaxRuleAdmin(ReadOnlyAdmin):
    """Taxability rules."""

    list_display = (
        "jurisdiction", "tax_type", "category", "customer_kind", "treatment", "rate_code", "valid",
    )  # fmt: skip
    list_select_related = ("jurisdiction", "tax_type")
    list_filter = ("treatment", "customer_kind", "tax_type")
    search_fields = ("jurisdiction__code", "category")


@admin.register(TaxRegistration)
class TaxRegistrationAdmin(ReadOnlyAdmin):
    """Registrations of our entities."""

    list_display = ("entity_id", "jurisdiction", "number", "valid")
    list_select_related = ("jurisdiction",)
    search_fields = ("number", "jurisdiction__code")
