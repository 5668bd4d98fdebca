"""Choosing among many: a long list written fast, and a line that proposes what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from foundation.screens.naming import told

BLANK = forms.ModelChoiceField(None).empty_label
"""What Django says for "nothing chosen" where the field does not say it itself."""

Proposals = Callable[[], Iterable[tuple[str, str]]]


def settle_choices(form: forms.BaseForm, *, nothing: str = "None") -> None:
    """Say choices by code and name, nothing in words; read each list of choices only once."""
    for field in form.fields.values():
        if isinstance(field, forms.ModelChoiceField):
            if field.empty_label == BLANK:
                field.empty_label = "Choose" if field.required else nothing
            if not isinstance(field.widget, forms.Select | forms.CheckboxSelectMultiple):
                field.error_messages["invalid_choice"] = "There is no “%(value)s” here."
            if type(field).label_from_instance is forms.ModelChoiceField.label_from_instance:
                field.label_from_instance = told  # type: ignore[assignment,method-assign]
        elif isinstance(field, forms.ChoiceField):
            read: Any = field.choices
            blank = "Choose" if field.required else nothing
            field.choices = [("", blank) if one == ("", BLANK) else one for one in read]


@dataclass(frozen=True, slots=True)
class Fold:
    """Fields of one topic that stand folded; open where one was refused or says something."""

    title: str
    fields: list[forms.BoundField]

    @property
    def is_open(self) -> bool:
        """Tell whether something in it wants to be read: a refusal, a value of its own."""
        return any(field.errors or _says_something(field) for field in self.fields)


def _says_something(field: forms.BoundField) -> bool:
    usual = field.field.initial
    return field.initial not in (None, "", usual() if callable(usual) else usual)


class Folding(forms.BaseForm):
    """A long form: what is usually chosen stands open, the rest is folded by topic."""

    folds: ClassVar[dict[str, tuple[str, ...]]] = {}

    @property
    def open_fields(self) -> list[forms.BoundField]:
        """Return the fields that no topic has."""
        away = {name for names in self.folds.values() for name in names}
        return [self[name] for name in self.fields if name not in away]

    @property
    def folded(self) -> list[Fold]:
        """Return the topics in order, each with its fields."""
        found = [
            Fold(title, [self[name] for name in names if name in self.fields])
            for title, names in self.folds.items()
        ]
        return [fold for fold in found if fold.fields]


class LongSelect(forms.Select):
    """A choice among hundreds, written without a template for each of them."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the field with all its options, grouped where the choices are."""
        context = self.get_context(name, value, attrs)["widget"]
        groups = format_html_join(
            "\n",
            "{}",
            (
                (_grouped(title, _options(group)) if title else _options(group),)
                for title, group, _ in context["optgroups"]
            ),
        )
        return format_html(
            '<select name="{}"{}>{}</select>', name, flatatt(context["attrs"]), groups
        )


class Suggest(forms.TextInput):
    """A line to type in that proposes what there is, found by any part of code or name.

    `proposals` gives codes with their names when the page is written; it is called only then.
    What was typed is checked by the field: a proposal is help, not a rule.
    """

    def __init__(self, proposals: Proposals, attrs: dict[str, Any] | None = None) -> None:
        """Keep where the proposals come from."""
        super().__init__({"autocomplete": "off", **(attrs or {})})
        self.proposals = proposals

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the line and, beside it, the list that the browser searches."""
        there = f"{name}-proposals"
        line = super().render(name, value, {**(attrs or {}), "list": there}, renderer)
        options = format_html_join("\n", '<option value="{}">{}</option>', self.proposals())
        return format_html('{}<datalist id="{}">{}</datalist>', line, there, options)


def _options(group: Iterable[dict[str, Any]]) -> SafeString:
    return format_html_join(
        "\n",
        '<option value="{}"{}>{}</option>',
        (
            (one["value"], mark_safe(" selected") if one["selected"] else "", one["label"])
            for one in group
        ),
    )


def _grouped(title: str, options: SafeString) -> SafeString:
    return format_html('<optgroup label="{}">{}</optgroup>', title, options)
