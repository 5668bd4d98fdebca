"""Columns of money: one currency a row, nothing rounded on the way in, nothing lost on the way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.test.utils import isolate_apps
from djmoney.money import Money

from audit.models import ApprovalRequest, ReasonCode
from foundation.fields import (
    AmountField,
    CurrencyField,
    FxRateField,
    PlainAmountField,
    QuantityField,
    RateField,
    UnitPriceField,
)
from foundation.stamped import StaleRow
from ledger.models import ExchangeRate

pytestmark = pytest.mark.django_db
D = Decimal


def request(**values: Any) -> ApprovalRequest:
    person = User.objects.create_user("maker")
    return ApprovalRequest.objects.create(
        action="a.b",
        subject_type="x.y",
        subject_id=1,
        payload={},
        payload_hash="0",
        requester=person,
        expires_at="2099-01-01T00:00:00Z",
        **values,
    )


def test_an_amount_is_money_in_the_currency_of_its_row():
    made = request(currency="JPY", amount=D(1050))
    read = ApprovalRequest.objects.get(pk=made.pk)
    assert read.amount == Money(1050, "JPY")
    assert [f.name for f in ApprovalRequest._meta.fields if "currency" in f.name] == ["currency"]


def test_money_brings_its_currency_along():
    made = request(amount=Money("9.99", "EUR"))
    assert ApprovalRequest.objects.filter(pk=made.pk, currency="EUR").exists()


def test_a_query_does_not_forget_the_currency_of_money():
    request(amount=Money("9.99", "EUR"))
    assert ApprovalRequest.objects.filter(amount=D("9.99"), currency="EUR").exists()
    assert type(ApprovalRequest.objects) is models.Manager
    wanted: Any = Money("9.99", "USD")
    with pytest.raises(TypeError, match="by the currency of the row"):
        ApprovalRequest.objects.filter(amount=wanted).exists()


def test_no_amount_and_no_currency_stay_empty():
    read = ApprovalRequest.objects.get(pk=request().pk)
    assert read.amount is None
    assert read.currency == ""


@pytest.mark.parametrize(("amount", "currency"), [("10.55", "JPY"), ("1.234", "EUR")])
def test_an_amount_finer_than_its_currency_is_refused_not_rounded(amount: str, currency: str):
    with (
        pytest.raises(IntegrityError, match="audit_approvalrequest_amount_is_money"),
        transaction.atomic(),
    ):
        request(currency=currency, amount=D(amount))


def test_many_rows_at_once_keep_the_whole_code():
    """Bulk inserts name the column's type without its length; a bare `char` is one letter."""
    ExchangeRate.objects.bulk_create(
        ExchangeRate(base=base, quote="EUR", on_date="2027-01-01", rate=D("1.5"))
        for base in ("USD", "GBP", "JPY")
    )
    assert set(ExchangeRate.objects.values_list("base", "quote")) == {
        ("USD", "EUR"),
        ("GBP", "EUR"),
        ("JPY", "EUR"),
    }


@pytest.mark.parametrize("code", ["eur", "EURO", "XXX", "€", "EU ", "ΕUR"])
def test_a_currency_is_a_code_of_iso_4217(code: str):
    with pytest.raises(ValidationError):
        CurrencyField().clean(code, None)
    assert CurrencyField().clean("EUR", None) == "EUR"


@isolate_apps("audit")
def test_an_amount_without_a_currency_on_its_row_is_found_by_the_checks():
    class Orphan(models.Model):
        amount = AmountField()

        class Meta:
            app_label = "audit"
            managed = False

    assert [error.id for error in Orphan._meta.get_field("amount").check()] == ["foundation.E001"]


@pytest.mark.parametrize(
    ("field", "size"),
    [
        (PlainAmountField(), (18, 4)),
        (UnitPriceField(null=True), (22, 10)),
        (QuantityField(), (24, 8)),
        (RateField(), (9, 7)),
        (FxRateField(), (18, 10)),
        (AmountField(), (18, 4)),
    ],
)
def test_a_kind_of_number_has_its_size_and_migrations_do_not_repeat_it(field: Any, size: Any):
    assert (field.max_digits, field.decimal_places) == size
    _, path, args, kwargs = field.deconstruct()
    assert path == f"foundation.fields.{type(field).__name__}"
    assert not args
    assert set(kwargs) <= {"null"}


def test_a_stamped_row_counts_its_versions_and_refuses_a_stale_one():
    code = ReasonCode.objects.create(domain="D", code="C", text="one")
    assert (code.version, code.created_at is not None) == (1, True)
    code.text = "two"
    code.save(update_fields=["text"])
    code.refresh_from_db()
    assert (code.version, code.text) == (2, "two")
    assert code.updated_at > code.created_at
    code.require_version(2)
    with pytest.raises(StaleRow, match="version 2, not 1"):
        code.require_version(1)
