"""No page writes out what grows with the business in order that one of it may be chosen."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from django import forms

from customers.models import Account, Customer, Subscription
from invoicing.models import Invoice
from tests.architecture.house import ROOMS, ROOT

MANY = (Account, Customer, Subscription, Invoice)


def form_classes() -> Iterator[type[forms.Form]]:
    """Yield every form of the console."""
    for room in ROOMS:
        for path in sorted((ROOT / room / "views").glob("*.py")):
            for one in vars(import_module(f"{room}.views.{path.stem}")).values():
                if isinstance(one, type) and issubclass(one, forms.Form):
                    yield one


def test_accounts_and_documents_are_typed_not_listed() -> None:
    classes = set(form_classes())
    listed = {
        f"{form.__module__}.{form.__name__}.{name}"
        for form in classes
        for name, field in form.base_fields.items()
        if isinstance(field, forms.ModelChoiceField)
        and isinstance(field.widget, forms.Select)
        and field.queryset is not None
        and issubclass(field.queryset.model, MANY)
        and not field.queryset.query.is_empty()
    }
    assert len(classes) > 50
    assert not listed, "give the field to_field_name and a text input, or choices of one account"
