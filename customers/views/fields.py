"""Form fields that read by the same strict parsers as files and the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from customers.models import Account
from customers.operations import AddressInput, IdentifierInput, Phase, components_of
from customers.rules.component_words import read_component
from foundation import clock
from foundation.parsing import (
    BadValue,
    code_text,
    date_text,
    decimal_text,
    key_text,
    plain_text,
)
from foundation.screens import Suggest
from tax.choices import Level
from tax.models import Jurisdiction

MOST = Decimal("999999999999")
"""The largest quantity, and the largest price, that a person means."""


def person(request: HttpRequest) -> User:
    """Return who is at the page: a screen lets nobody in who has not logged in."""
    return cast("User", request.user)


def today(account: Account) -> date:
    """Return the day that it is where the account is."""
    return clock.today(ZoneInfo(account.time_zone))


def today_here() -> date:
    """Return the day that a form proposes before it is known whose it is."""
    return clock.today(ZoneInfo("UTC"))


def _parsed(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except BadValue as bad:
        text = bad.message[:1].upper() + bad.message[1:]
        raise ValidationError(f"{text} ({bad.rule})", code=bad.rule) from bad


class LineField(forms.CharField):
    """One line of text without hidden characters."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        return str(_parsed(lambda: plain_text(text, self.max_length or 200)))


class CodeField(forms.CharField):
    """A code or number of ours."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        return str(_parsed(lambda: code_text(text, self.max_length or 32)))


class DayField(forms.DateField):
    """A day, picked or typed."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class QuantityField(forms.CharField):
    """A quantity greater than zero."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        least = Decimal("0.00000001")
        return _parsed(lambda: decimal_text(text, places=8, minimum=least, maximum=MOST))


class PriceField(forms.CharField):
    """A price per unit, not negative."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        least = Decimal(0)
        return _parsed(lambda: decimal_text(text, places=10, minimum=least, maximum=MOST))


class PercentField(forms.CharField):
    """A percentage, as 12.5; kept as a fraction."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        most = Decimal(100)
        number = _parsed(lambda: decimal_text(text, places=5, minimum=Decimal(0), maximum=most))
        return number / 100


class PairsField(forms.CharField):
    """Lines of two words each: a name and its value."""

    widget = forms.Textarea(attrs={"rows": 3})

    def pairs(self, value: Any) -> list[tuple[str, str]]:
        found = []
        for line in super().clean(value).splitlines():
            words = line.split(None, 1)
            if len(words) == 2:
                found.append((words[0], words[1].strip()))
            elif words:
                raise ValidationError(f"Write two words on a line, not {words[0][:40]!a} alone.")
        return found


class IdentifiersField(PairsField):
    """Identifiers, a type and a value a line."""

    def clean(self, value: Any) -> Any:
        return [
            IdentifierInput(
                type=_parsed(lambda kind=kind: code_text(kind, 16)),  # type: ignore[misc]
                value=_parsed(lambda text=text: key_text(text, 64)),  # type: ignore[misc]
            )
            for kind, text in self.pairs(value)
        ]


class PricesField(PairsField):
    """Own prices, a charge code and a price a line."""

    def clean(self, value: Any) -> Any:
        least = Decimal(0)
        return {
            code: _parsed(
                lambda text=text: decimal_text(  # type: ignore[misc]
                    text, places=10, minimum=least, maximum=MOST
                )
            )
            for code, text in self.pairs(value)
        }


class ComponentsField(forms.CharField):
    """Components of a bundle, an offer, how many and identifiers a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> Any:
        """Read each line; nothing is asked for where there is none."""
        lines = [line.split() for line in super().clean(value).splitlines()]
        words = [_parsed(lambda line=line: read_component(line)) for line in lines if line]  # type: ignore[misc]
        return components_of(words)


class AttributesField(PairsField):
    """What an offer asks for beside, a name and a value a line."""

    def clean(self, value: Any) -> Any:
        return {
            name: _parsed(lambda text=text: plain_text(text, 200))  # type: ignore[misc]
            for name, text in self.pairs(value)
        }


class CodesField(forms.CharField):
    """Codes, separated by commas or blanks."""

    def clean(self, value: Any) -> Any:
        words = super().clean(value).replace(",", " ").replace(";", " ").split()
        return [
            _parsed(lambda word=word: code_text(word, 32))  # type: ignore[misc]
            for word in words
        ]


class PhasesField(forms.CharField):
    """Later states of a ramp: a day, a quantity or -, and charge codes each with a price."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> Any:
        lines = (line.split() for line in super().clean(value).splitlines())
        return [self._phase(words) for words in lines if words]

    @staticmethod
    def _phase(words: list[str]) -> Phase:
        if len(words) < 2 or len(words) % 2:
            raise ValidationError(
                "Write a day, the quantity or -, and then charge codes each with a price: not "
                f"{' '.join(words)[:60]!a}."
            )
        day, quantity, *pairs = words
        least, nothing = Decimal("0.00000001"), Decimal(0)
        return Phase(
            on=_parsed(lambda: date_text(day)),
            quantity=None
            if quantity == "-"
            else _parsed(lambda: decimal_text(quantity, places=8, minimum=least, maximum=MOST)),
            prices={
                code: _parsed(
                    lambda text=text: decimal_text(  # type: ignore[misc]
                        text, places=10, minimum=nothing, maximum=MOST
                    )
                )
                for code, text in zip(pairs[::2], pairs[1::2], strict=True)
            },
        )


def _countries() -> list[tuple[str, str]]:
    """Return the countries of the tax tables."""
    return list(Jurisdiction.objects.filter(level=Level.COUNTRY).values_list("code", "name"))


def printed_languages() -> list[tuple[str, str]]:
    """Return the languages in which documents are printed."""
    return [("en", "English"), ("de", "German")]


class AddressFields(forms.Form):
    """An address; the tax jurisdiction is the lowest place that taxes there."""

    line1 = LineField(label="Street", max_length=120, required=False)
    line2 = LineField(label="More", max_length=120, required=False)
    postcode = LineField(max_length=16, required=False)
    town = LineField(max_length=80)
    region = LineField(max_length=80, required=False)
    country = forms.RegexField(
        r"^[A-Z]{2}$", help_text="Two capitals, as DE.", label="Country code",
        widget=Suggest(_countries),
    )  # fmt: skip
    jurisdiction = forms.ModelChoiceField(
        Jurisdiction.objects.all(),
        label="Tax jurisdiction",
        required=False,
        to_field_name="code",
        help_text="The smallest place that taxes there; orders need it on the billing address.",
    )

    def address(self) -> AddressInput:
        """Return what was given as an address."""
        given = self.cleaned_data
        return AddressInput(
            line1=given["line1"],
            line2=given["line2"],
            postcode=given["postcode"],
            town=given["town"],
            region=given["region"],
            country=given["country"],
            jurisdiction=given["jurisdiction"],
        )
