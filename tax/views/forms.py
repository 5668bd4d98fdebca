"""Adding and ending rows of the tax tables."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from foundation.parsing import code_text, decimal_text
from foundation.screens import Crumb, Definition, FormScreen, LongSelect, Parsed, Suggest, naming
from tax import choices, operations
from tax.models import Jurisdiction, TaxCategory, TaxRate, TaxRule, TaxType
from tax.views import words
from tax.views.places import CHANGE, VIEW, place_url


def day(**kwargs: Any) -> forms.DateField:
    """Return the field of a day."""
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs
    )


def rate_codes() -> list[tuple[str, str]]:
    """Return the codes that rates have."""
    codes = TaxRate.objects.order_by("code").values_list("code", flat=True).distinct()
    return [(code, "") for code in codes]


def _number(places: int, most: str = "999999") -> Callable[[str], Decimal]:
    return lambda text: decimal_text(
        text, places=places, minimum=Decimal(0), maximum=Decimal(most)
    )


class PlaceForm(forms.Form):
    """A jurisdiction."""

    code = Parsed(lambda text: code_text(text, 32))
    name = forms.CharField(max_length=100)
    level = forms.ChoiceField(choices=choices.Level.choices)
    parent = forms.ModelChoiceField(
        Jurisdiction.objects.all(), required=False, label="Inside", empty_label="(a country)"
    )
    date_basis = forms.ChoiceField(choices=choices.DateBasis.choices, label="Tax date")
    combine_local = forms.BooleanField(
        required=False, label="State and local rates are rounded together"
    )


class AddPlace(Definition):
    """Add a jurisdiction."""

    title = "Add jurisdiction"
    listed = ("Jurisdictions", "tax:places")
    shown_at = "tax:place"
    permission = (VIEW, CHANGE)
    form_class = PlaceForm
    submit_label = "Add"
    success_message = "Added."

    def submit(self, form: forms.Form) -> Jurisdiction:
        """Call the operation."""
        return operations.add_jurisdiction(**form.cleaned_data, actor=words.actor(self.request))


class TaxForm(forms.Form):
    """A tax, and where it stands among the others."""

    code = Parsed(lambda text: code_text(text, 32))
    name = forms.CharField(max_length=100)
    sequence = forms.IntegerField(
        min_value=1,
        max_value=999,
        initial=1,
        label="Computed as number",
        help_text="Taxes of a lower number are computed before.",
    )
    compounds_on = forms.ModelMultipleChoiceField(
        TaxType.objects.all(),
        required=False,
        label="Its base includes",
        widget=forms.CheckboxSelectMultiple,
        help_text="Taxes of a lower number whose amounts are taxed too (TAX-8).",
    )
    pass_through = forms.BooleanField(
        required=False, label="A surcharge collected for others (account 2210)"
    )
    gl_number = forms.CharField(
        max_length=16,
        required=False,
        label="Account",
        help_text="Empty: 2200, for surcharges 2210.",
    )


class AddTax(Definition):
    """Add a tax, as VAT or a surcharge; its rates are those of jurisdictions."""

    title = "Add tax"
    listed = ("Jurisdictions", "tax:places")
    permission = (VIEW, CHANGE)
    form_class = TaxForm
    submit_label = "Add"

    def get_success_message(self) -> str:
        """Say what comes next."""
        return f"Added {self.result}. Its rates are added on the pages of the jurisdictions."

    def submit(self, form: forms.Form) -> TaxType:
        """Call the operation."""
        return operations.add_tax_type(**form.cleaned_data, actor=words.actor(self.request))


class PlaceScreen(FormScreen):
    """A form of one jurisdiction; back to its page."""

    subject = Jurisdiction
    permission = (VIEW, CHANGE)
    submit_label = "Add"
    success_message = "Added."

    @cached_property
    def place(self) -> Jurisdiction:
        """Return the jurisdiction of the address."""
        return get_object_or_404(Jurisdiction, pk=self.kwargs["pk"])

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [
            Crumb("Jurisdictions", reverse("tax:places")),
            Crumb(self.place.name, place_url(self.kwargs["pk"])),
        ]

    def get_success_url(self) -> str:
        """Return the place's page."""
        return place_url(self.kwargs["pk"])


class RateForm(forms.Form):
    """A rate from a day on."""

    tax_type = forms.ModelChoiceField(TaxType.objects.all(), label="Tax")
    code = Parsed(
        lambda text: code_text(text, 16), initial="STANDARD", label="Rate code",
        widget=Suggest(rate_codes),
    )  # fmt: skip
    kind = forms.ChoiceField(choices=choices.RateKind.choices)
    rate = Parsed(_number(10), help_text="A fraction (0.19 is 19 %), or an amount.")
    starts = day(label="From", initial=words.today)
    ends = day(label="First day without it", required=False)
    cap = Parsed(_number(10, "999999999"), required=False, label="At most")
    cap_scope = forms.ChoiceField(choices=choices.CapScope.choices, label="At most per")
    currency = forms.ChoiceField(
        choices=lambda: [("", "None"), *naming.choices("ledger.currency", by="code")],
        widget=LongSelect,
        required=False,
        help_text="Of an amount or of the cap.",
    )


class AddRate(PlaceScreen):
    """Add a rate; the one before it ends where it begins."""

    title = "Add rate"
    intro = "The rate in force before it ends on the same day. Days past are not changed."
    form_class = RateForm

    def submit(self, form: forms.Form) -> TaxRate:
        """Call the operation."""
        given = form.cleaned_data
        return operations.add_rate(
            **given,
            jurisdiction=self.place,
            on_date=words.today(),
            actor=words.actor(self.request),
        )


class RuleForm(forms.Form):
    """A rule from a day on."""

    tax_type = forms.ModelChoiceField(TaxType.objects.all(), label="Tax")
    category = forms.ChoiceField(label="Category")
    customer_kind = forms.ChoiceField(choices=choices.CustomerKind.choices, label="Customer")
    treatment = forms.ChoiceField(choices=choices.Treatment.choices)
    rate_code = Parsed(
        lambda text: code_text(text, 16), required=False, label="Rate code",
        widget=Suggest(rate_codes),
    )  # fmt: skip
    taxable_share = Parsed(
        _number(7, "1"), initial="1", label="Taxed share", help_text="A fraction of the line."
    )
    reason = forms.CharField(max_length=200, required=False)
    starts = day(label="From")
    ends = day(label="First day without it", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the categories there are."""
        super().__init__(*args, **kwargs)
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("*", "Everything else"),
            *((one.code, one.name) for one in TaxCategory.objects.all()),
        ]


class AddRule(PlaceScreen):
    """Add a rule; the one of the same scope before it ends where it begins."""

    title = "Add rule"
    intro = "The rule of the same scope before it ends on the same day. Days past are not changed."
    form_class = RuleForm

    def submit(self, form: forms.Form) -> TaxRule:
        """Call the operation."""
        given = form.cleaned_data
        return operations.add_rule(
            **{**given, "rate_code": given["rate_code"] or ""},
            jurisdiction=self.place,
            on_date=words.today(),
            actor=words.actor(self.request),
        )


class RegistrationForm(forms.Form):
    """A registration from a day on."""

    entity_id = forms.TypedChoiceField(
        coerce=int, choices=lambda: naming.choices(words.SELLER), label="Legal entity"
    )
    number = forms.CharField(max_length=40, label="Tax number")
    starts = day(label="From")
    ends = day(label="First day without it", required=False)


class Register(PlaceScreen):
    """Register a legal entity in a place and all that lies in it."""

    title = "Register"
    form_class = RegistrationForm

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.register_entity(
            **form.cleaned_data, jurisdiction=self.place, actor=words.actor(self.request)
        )


class EndForm(forms.Form):
    """When a row ends."""

    ends = day(label="First day without it")


class EndRate(FormScreen):
    """End a rate on a day to come."""

    subject: ClassVar[type[Model] | None] = TaxRate
    title = "End rate"
    permission = (VIEW, CHANGE)
    form_class = EndForm
    submit_label = "End"
    success_message = "It ends on the day you chose."
    model: Any = TaxRate

    @cached_property
    def place_id(self) -> int:
        """Return the place of the row."""
        row = get_object_or_404(self.model, pk=self.kwargs["pk"])
        found: int = row.jurisdiction_id
        return found

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Jurisdiction", place_url(self.place_id))]

    def get_success_url(self) -> str:
        """Return the place's page."""
        return place_url(self.place_id)

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.end_rate(
            rate_id=self.kwargs["pk"],
            ends=form.cleaned_data["ends"],
            on_date=words.today(),
            actor=words.actor(self.request),
        )


class EndRule(EndRate):
    """End a rule on a day to come."""

    subject = TaxRule
    title = "End rule"
    model = TaxRule

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.end_rule(
            rule_id=self.kwargs["pk"],
            ends=form.cleaned_data["ends"],
            on_date=words.today(),
            actor=words.actor(self.request),
        )
