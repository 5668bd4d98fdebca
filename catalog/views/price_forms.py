"""Drafting a price by hand: every value read by the one parser of its kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404

import ledger.queries
from catalog import operations
from catalog.models import Charge, PriceBook, PriceVersion
from catalog.queries import price_lists, proposals
from catalog.rules.price_rows import LEAST, MOST_SHARE, MOST_UNIT, TOLD_BY, attributes_text
from catalog.rules.pricing import CELLED, ROWED, Tier
from catalog.rules.selection import attribute_pairs
from catalog.views import words
from catalog.views.prices import VIEW, price_url
from foundation.errors import Invalid
from foundation.parsing import (
    BadValue,
    amount_text,
    code_text,
    decimal_text,
    integer_text,
)
from foundation.screens import Crumb, Definition, Folding, FormScreen, LongSelect, Parsed, Suggest
from foundation.screens.cells import number_text

DAY = {"type": "date"}
BOUNDS = (("min_amount", "max_amount"), ("event_min", "event_max"))


def told_by(model: str) -> str:
    """Return the field without which a price says nothing; none of tiers, which say it by line.

    Of PERCENT the checklist asks for one of two.
    """
    if model in ROWED or model == "PERCENT":
        return ""
    return TOLD_BY.get(model, "unit_price").replace("flat", "flat_amount")


def _number(places: int, least: str = "0", most: Decimal = MOST_UNIT) -> Callable[[str], Decimal]:
    return lambda text: decimal_text(text, places=places, minimum=Decimal(least), maximum=most)


def tiers_text(text: str) -> list[Tier]:
    """Read one tier a line: upper bound, price per unit, flat amount; the last bound is `*`.

    A cell of a matrix stands where the bound would: `zone=EU,peak=yes; 0.15; 0`.
    """
    tiers = []
    for number, line in enumerate(text.strip().splitlines(), 1):
        parts = [part.strip() for part in line.replace("\t", ";").split(";")]
        if len(parts) not in (2, 3):
            raise BadValue("TIER-1", f"line {number}: write upper; price; flat amount")
        try:
            if not any(parts[1:]):
                raise BadValue("REQUIRED", "say the price; write 0 where it costs nothing")
            cell = attributes_text(parts[0]) if "=" in parts[0] else ""
            upper = None if cell or parts[0] in ("*", "") else _number(8, LEAST)(parts[0])
            flat = _number(4)(parts[2]) if len(parts) == 3 and parts[2] else Decimal(0)
            tiers.append(Tier(upper, _number(10)(parts[1] or "0"), flat, cell))
        except BadValue as bad:
            raise BadValue(bad.rule, f"line {number}: {bad.message}") from bad
    return tiers


def cells_of(tiers: Sequence[Tier], model: str) -> Sequence[Tier]:
    """Return the tiers as the charge's model has them: a lone `*` is a cell of a matrix."""
    if model not in CELLED:
        return tiers
    return [
        tier if tier.cell or tier.upper is not None else tier._replace(cell="*") for tier in tiers
    ]


class ValuesForm(Folding, forms.Form):
    """What a price says and when; what few models have is folded."""

    folds: ClassVar = {
        "Segment, region, channel, attributes": ("segment", "region", "channel", "attributes"),
        "Packages and included quantity": ("package_size", "free_units"),
        "Percentages and fees of events": (
            "free_events", "free_amount", "event_fee", "event_min", "event_max",
        ),
        "Least and greatest amount": ("min_amount", "max_amount"),
    }  # fmt: skip

    starts = forms.DateField(
        label="First day", widget=forms.DateInput(DAY, "%Y-%m-%d"), initial=words.today
    )
    ends = forms.DateField(
        label="First day without it", required=False, widget=forms.DateInput(DAY, "%Y-%m-%d")
    )
    flat_amount = Parsed(
        _number(4), required=False, help_text="The price, or the fixed part beside a percentage"
    )
    unit_price = Parsed(
        _number(10), required=False, help_text="Of prices per unit, per day, package, overage"
    )
    percent = Parsed(
        _number(7, most=MOST_SHARE),
        required=False,
        help_text="A fraction: 0.029 is 2.9 %; the markup of cost plus",
    )
    min_amount = Parsed(_number(4), required=False, label="Least amount")
    max_amount = Parsed(_number(4), required=False, label="Greatest amount")
    package_size = Parsed(_number(8, LEAST), required=False, help_text="Of package prices")
    free_units = Parsed(
        _number(8),
        required=False,
        label="Included quantity",
        help_text="Of package and overage prices",
    )
    free_events = Parsed(
        lambda text: integer_text(text, minimum=0, maximum=2_000_000_000),
        required=False,
        label="Free transactions",
        help_text="Of percentages",
    )
    free_amount = Parsed(
        _number(4), required=False, label="Free money", help_text="Of percentages"
    )
    event_fee = Parsed(
        _number(10), required=False, label="Fee of each event", help_text="Connect fee"
    )
    event_min = Parsed(_number(10), required=False, label="Least amount of an event")
    event_max = Parsed(_number(10), required=False, label="Greatest amount of an event")
    tax_inclusive = forms.BooleanField(required=False, label="The price holds its tax")
    tiers = Parsed(
        tiers_text,
        required=False,
        widget=forms.Textarea({"rows": 5}),
        help_text="One tier a line: upper bound; price per unit; flat amount. "
        "The bound of the last tier is *. A matrix: cells, as zone=EU,peak=yes; price; flat "
        "amount, and * for what matches no other.",
    )

    def values(self, model: str) -> dict[str, Any]:
        """Return the columns of a price of a model; empty ones take their defaults.

        Raises: Invalid when the price itself is left out.
        """
        given = self.cleaned_data
        told = told_by(model)
        if told and given[told] is None:
            message = "Say it; 0 where the charge costs nothing."
            raise Invalid(message, rule="REQUIRED", column=told)
        return {
            "flat_amount": given["flat_amount"] or Decimal(0),
            "unit_price": given["unit_price"] or Decimal(0),
            "percent": given["percent"] or Decimal(0),
            "min_amount": given["min_amount"],
            "max_amount": given["max_amount"],
            "package_size": Decimal(1) if given["package_size"] is None else given["package_size"],
            "free_units": given["free_units"] or Decimal(0),
            "free_events": given["free_events"] or 0,
            "free_amount": given["free_amount"] or Decimal(0),
            "event_fee": given["event_fee"] or Decimal(0),
            "event_min": given["event_min"],
            "event_max": given["event_max"],
            "tax_inclusive": given["tax_inclusive"],
        }

    def clean(self) -> dict[str, Any]:
        """Check that no greatest amount lies below the least."""
        given = self.cleaned_data
        for least, greatest in BOUNDS:
            low, high = given.get(least), given.get(greatest)
            if low is not None and high is not None and high < low:
                self.add_error(greatest, f"It is less than the least amount, {number_text(low)}.")
        return given

    def check_money(self, currency: str) -> None:
        """Refuse amounts finer than the currency."""
        for name in ("flat_amount", "min_amount", "max_amount", "free_amount"):
            value = self.cleaned_data.get(name)
            if value is not None:
                try:
                    amount_text(f"{value:f}", currency=currency)
                except BadValue as bad:
                    self.add_error(name, ValidationError(bad.message, code=bad.rule))


def _narrowing(name: str) -> Parsed:
    """Return the field of what a price is narrowed to, with the words that prices use already."""
    return Parsed(
        lambda text: code_text(text, 32),
        required=False,
        widget=Suggest(partial(proposals.price_words, name)),
        help_text="Empty: any.",
    )


class PriceForm(ValuesForm):
    """A new price."""

    charge = Parsed(
        lambda text: code_text(text, 80), help_text="offer/version/charge",
        widget=Suggest(proposals.charges),
    )  # fmt: skip
    currency = forms.ChoiceField(
        choices=ledger.queries.currency_choices, widget=LongSelect,
        initial=ledger.queries.only_currency,
    )  # fmt: skip
    pricebook = forms.ModelChoiceField(
        PriceBook.objects.all(), required=False, empty_label="Default prices", label="Price book"
    )
    segment = _narrowing("segment")
    region = _narrowing("region")
    channel = _narrowing("channel")
    attributes = Parsed(attributes_text, required=False, help_text="zone=EU;peak=yes")
    field_order = (
        "charge", "currency", "pricebook", "segment", "region", "channel", "attributes",
    )  # fmt: skip

    def clean_charge(self) -> Charge:
        """Find the charge."""
        charge = Charge.objects.filter(reference=self.cleaned_data["charge"]).first()
        if charge is None:
            raise ValidationError("There is no such charge.", code="UNKNOWN")
        return charge

    def clean(self) -> dict[str, Any]:
        """Check amounts against the currency."""
        given = super().clean()
        if currency := given.get("currency"):
            self.check_money(currency)
        return given


class Add(Definition):
    """Draft a price."""

    title = "Draft a price"
    listed = ("Prices", "catalog:matrix")
    shown_at = "catalog:price"
    intro = "A draft changes nothing. Submit it, and somebody else approves and publishes it."
    permission = (VIEW, "catalog.draft_price")
    form_class = PriceForm
    submit_label = "Draft"
    success_message = "Drafted."

    def get_initial(self) -> dict[str, Any]:
        """Take the charge and the currency from the address."""
        asked = self.request.GET
        return {name: asked[name][:80] for name in ("charge", "currency") if name in asked}

    def submit(self, form: forms.Form) -> PriceVersion:
        """Call the operation."""
        assert isinstance(form, PriceForm)
        given = form.cleaned_data
        return operations.draft_price(
            charge=given["charge"],
            currency=given["currency"],
            starts=given["starts"],
            ends=given["ends"],
            pricebook=given["pricebook"],
            segment=given["segment"] or "*",
            region=given["region"] or "*",
            channel=given["channel"] or "*",
            attributes=dict(attribute_pairs(given["attributes"] or "*")),
            tiers=cells_of(given["tiers"] or (), given["charge"].price_model),
            actor=words.actor(self.request),
            **form.values(given["charge"].price_model),
        )


class Successor(Add):
    """Draft the price that follows one in force, beginning with what it says."""

    subject = PriceVersion
    title = "Draft a successor"

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Price", price_url(self.kwargs["pk"]))]

    def get_initial(self) -> dict[str, Any]:
        """Begin with what the price says."""
        price = get_object_or_404(price_lists.prices(), pk=self.kwargs["pk"])
        key = {
            name: "" if getattr(price, name) == "*" else getattr(price, name)
            for name in ("segment", "region", "channel")
        }
        attributes = "" if price.attribute_key == "*" else price.attribute_key
        return initial_of(price) | key | {
            "charge": price.charge.reference,
            "currency": price.currency,
            "pricebook": price.pricebook_id,
            "attributes": attributes,
            "starts": None,
            "ends": None,
        }  # fmt: skip


class Edit(FormScreen):
    """Change a draft."""

    subject = PriceVersion
    title = "Change draft"
    permission = (VIEW, "catalog.draft_price")
    form_class = ValuesForm
    success_message = "Saved."

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Price", price_url(self.kwargs["pk"]))]

    def get_initial(self) -> dict[str, Any]:
        """Begin with what the draft says."""
        price = get_object_or_404(price_lists.prices(), pk=self.kwargs["pk"])
        return initial_of(price)

    def get_success_url(self) -> str:
        """Return the price's page."""
        return price_url(self.kwargs["pk"])

    def submit(self, form: forms.Form) -> PriceVersion:
        """Call the operation."""
        assert isinstance(form, ValuesForm)
        given = form.cleaned_data
        price = get_object_or_404(price_lists.prices(), pk=self.kwargs["pk"])
        return operations.revise_price(
            price_id=price.pk,
            starts=given["starts"],
            ends=given["ends"],
            tiers=cells_of(given["tiers"] or (), price.charge.price_model),
            actor=words.actor(self.request),
            **form.values(price.charge.price_model),
        )


def initial_of(price: PriceVersion) -> dict[str, Any]:
    """Return a price as the form writes it."""

    def shown(value: Decimal | None) -> str:
        return number_text(value).replace(",", "") if value else ""

    def bound(value: Decimal | None) -> str:
        return "" if value is None else shown(value) or "0"

    told = told_by(price.charge.price_model)
    return {
        "starts": price.valid.lower,
        "ends": price.valid.upper,
        "flat_amount": shown(price.flat_amount),
        "unit_price": shown(price.unit_price),
        "percent": shown(price.percent),
        "min_amount": bound(price.min_amount),
        "max_amount": bound(price.max_amount),
        "package_size": shown(price.package_size) if price.package_size != 1 else "",
        "free_units": shown(price.free_units),
        "free_events": str(price.free_events or ""),
        "free_amount": shown(price.free_amount),
        "event_fee": shown(price.event_fee),
        "event_min": bound(price.event_min),
        "event_max": bound(price.event_max),
        "tax_inclusive": price.tax_inclusive,
        "tiers": "\n".join(
            f"{tier.cell or shown(tier.upper) or '*'}; {shown(tier.unit_price) or 0}; "
            f"{shown(tier.flat_amount)}"
            for tier in price_lists.values_of(price).tiers
        )
        if price.charge.price_model in ROWED
        else "",
    } | ({told: shown(getattr(price, told)) or "0"} if told else {})
