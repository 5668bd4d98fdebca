"""Derived charging: one event rated for retail, wholesale cost and partner share (RATE)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from catalog.models import PriceVersion
from customers.models import Account
from foundation import copying
from foundation.errors import Forbidden, Invalid
from foundation.integrity import Finding
from rating import operations, queries
from rating.models import (
    DerivedRating,
    PendingDerivation,
    RatingAgreement,
    Usage,
    UsageAggregate,
)
from rating.operations import CannotAgreeRating
from tests.apps.catalog.attacks import refused
from tests.apps.rating.carriers import call, carrier_charge
from tests.apps.rating.company import (
    RECEIVED,
    Company,
    load,
    open_line,
    person,
    publish_price,
    row,
)

pytestmark = pytest.mark.django_db
D = Decimal
MAY = date(2027, 5, 1)
TODAY = RECEIVED.date()
Rows = list[tuple[str, str, Decimal | None, Decimal | None]]


@pytest.fixture
def carrier(company: Company) -> Account:
    """A household with a line; the second account is the carrier's."""
    open_line(company, "999", name="Carrier")
    return company.accounts["Carrier"]


def agree(company: Company, account: Account, **how: Any) -> RatingAgreement:
    how.setdefault("purpose", "WHOLESALE")
    how.setdefault("starts", MAY)
    return operations.agree_rating(charge=company.calls, account=account, actor=None, **how)


def derive() -> Rows:
    """Derive what is asked for; return key, purpose, quantity and amount of each result."""
    operations.derive_pending(on_date=TODAY, chunk=1)
    assert operations.derive_pending(on_date=TODAY) == 0
    assert not broken()
    keys = dict(Usage.objects.values_list("id", "event_key"))
    return sorted(
        (keys[one.event_id], one.purpose, one.quantity, one.amount)
        for one in DerivedRating.objects.all()
    )


def broken() -> list[Finding]:
    (check,) = (one for one in queries.INTEGRITY if "derived" in one.title)
    return list(check.run())


def test_one_event_for_three_purposes(company: Company, carrier: Account) -> None:
    """61 s: 2 min to the customer 0.15; 61 · 0.001 to the carrier; a fifth of 0.15 shared."""
    agree(company, carrier, own_charge=carrier_charge(company))
    agree(company, carrier, purpose="PARTNER", share=D("0.2"))
    load(company, call("a", 61), call("b", 0), row("data"))
    retail = list(UsageAggregate.objects.order_by("quantity").values())
    assert derive() == [
        ("a", "PARTNER", D(120), D("0.03")), ("a", "WHOLESALE", D(61), D("0.061")),
        ("b", "PARTNER", D(0), D(0)), ("b", "WHOLESALE", D(0), D(0)),
    ]  # fmt: skip
    assert list(UsageAggregate.objects.order_by("quantity").values()) == retail
    (margin,) = queries.margins(start=MAY, end=TODAY)
    assert (margin.reference, margin.currency, margin.events) == ("MOBILE/1/CALLS", "EUR", 2)
    assert (margin.retail, margin.wholesale, margin.partner) == (D("0.15"), D("0.061"), D("0.03"))
    assert margin.margin == D("0.059")


def test_without_an_agreement_nothing_is_asked(company: Company, carrier: Account) -> None:
    load(company, call("a", 61))
    assert not PendingDerivation.objects.exists()
    assert carrier.pk


def test_it_follows_amendment_cancellation_and_a_file_taken_back(
    company: Company, carrier: Account
) -> None:
    agree(company, carrier, own_charge=carrier_charge(company))
    file = load(company, call("a", 61), call("b", 30), call("c", 7))
    derive()
    events = {one.event_key: one for one in Usage.objects.all()}
    operations.amend_event(
        account_id=events["a"].account_id, event_id=events["a"].id,
        corrections={"quantity": "100"}, reason="switch clock wrong", as_of=RECEIVED,
    )  # fmt: skip
    operations.cancel_event(
        account_id=events["b"].account_id, event_id=events["b"].id, reason="test call",
        as_of=RECEIVED,
    )  # fmt: skip
    assert derive() == [("a", "WHOLESALE", D(100), D("0.1")), ("c", "WHOLESALE", D(7), D("0.007"))]
    operations.take_back_file(file_id=file.pk, reason="sent twice by them")
    assert derive() == []


def test_rating_again_follows_a_price_and_an_owner(company: Company, carrier: Account) -> None:
    charge = carrier_charge(company)
    agree(company, carrier, own_charge=charge)
    load(company, call("a", 60))
    assert derive() == [("a", "WHOLESALE", D(60), D("0.06"))]
    PriceVersion.objects.filter(charge=charge).update(valid=(date(2020, 1, 1), MAY))
    publish_price(charge, unit_price=D("0.002"), valid=(MAY, None))
    operations.rerate(start=MAY, end=TODAY, as_of=RECEIVED)
    assert derive() == [("a", "WHOLESALE", D(60), D("0.12"))]


def test_what_has_no_price_waits_with_its_reason(company: Company, carrier: Account) -> None:
    charge = carrier_charge(company)
    PriceVersion.objects.filter(charge=charge).update(valid=(date(2020, 1, 1), MAY))
    agree(company, carrier, own_charge=charge)
    load(company, call("a", 60))
    assert derive() == [("a", "WHOLESALE", None, None)]
    assert DerivedRating.objects.get().reason == "NO_PRICE"
    assert [one.unrated for one in queries.margins(start=MAY, end=TODAY)] == [1]
    publish_price(charge, unit_price=D("0.002"), valid=(MAY, None))
    operations.rerate(start=MAY, end=TODAY, as_of=RECEIVED)
    assert derive() == [("a", "WHOLESALE", D(60), D("0.12"))]


def test_agreements_begin_with_the_usage_that_is_there_and_end_with_it(
    company: Company, carrier: Account
) -> None:
    load(company, call("a", 60), call("b", 60, event_start="2027-05-20T10:00:00Z"))
    agreement = agree(company, carrier, own_charge=carrier_charge(company))
    assert [key for key, *_ in derive()] == ["a", "b"]
    operations.end_agreement(agreement=agreement, ends=date(2027, 5, 10), actor=None)
    assert [key for key, *_ in derive()] == ["a"]
    with pytest.raises(CannotAgreeRating, match="last day already"):
        operations.end_agreement(agreement=agreement, ends=date(2027, 5, 5), actor=None)


def test_the_attributes_of_a_call_choose_its_carrier(company: Company, carrier: Account) -> None:
    every = carrier_charge(company)
    agree(company, carrier, own_charge=every)
    dear = carrier_charge(company, "DEAR")
    PriceVersion.objects.filter(charge=dear).update(valid=(date(2020, 1, 1), MAY))
    publish_price(dear, unit_price=D("0.01"), valid=(MAY, None))
    agree(company, carrier, own_charge=dear, attributes={"zone": "WORLD"})
    load(
        company,
        row("a", usage_type="VOICE", quantity="10", attr_zone="WORLD"),
        row("b", usage_type="VOICE", quantity="10", attr_zone="EU"),
    )
    assert derive() == [("a", "WHOLESALE", D(10), D("0.1")), ("b", "WHOLESALE", D(10), D("0.01"))]


def test_what_cannot_be_agreed(company: Company, carrier: Account) -> None:
    charge = carrier_charge(company)
    with pytest.raises(Invalid, match="either"):
        agree(company, carrier)
    with pytest.raises(Invalid, match="at most the whole"):
        agree(company, carrier, share=D("1.5"))
    with pytest.raises(CannotAgreeRating, match="does not price each event"):
        agree(company, carrier, own_charge=company.data)
    with pytest.raises(CannotAgreeRating, match="priced by its line"):
        operations.agree_rating(
            charge=company.data, purpose="PARTNER", account=carrier, starts=MAY,
            share=D("0.1"), actor=None,
        )  # fmt: skip
    agree(company, carrier, own_charge=charge, attributes={"zone": "EU"})
    for attributes in ({"zone": "EU"}, {"carrier": "C1"}):
        with pytest.raises(CannotAgreeRating, match="rates such events already"):
            agree(company, carrier, own_charge=charge, attributes=attributes)
    agree(company, carrier, own_charge=charge, attributes={"zone": "WORLD"})
    with pytest.raises(Forbidden):
        operations.agree_rating(
            charge=company.calls, purpose="PARTNER", account=carrier, starts=MAY,
            share=D("0.1"), actor=person("nobody"),
        )  # fmt: skip


def test_raw_sql_does_not_double_edit_or_make_results(company: Company, carrier: Account) -> None:
    result = "rating_derivedrating"
    columns = ", ".join(str(field.column) for field in DerivedRating._meta.concrete_fields)
    values = "9, '{}', 1, 1, '2027-05-01', 1, {}, '*', {}, 'EUR', NULL, '{}'"
    made_up = values.format("PARTNER", "1", "1", "")
    for attack in (f"INSERT INTO {result} VALUES ({made_up})", f"DELETE FROM {result}"):
        assert refused(attack) == f"{result}_is_derived"  # nobody derives here
    agreement = agree(company, carrier, own_charge=carrier_charge(company))
    load(company, call("a", 61))
    derive()
    assert refused(f"UPDATE {result} SET amount = 0") == f"{result}_not_edited"
    assert refused(f"INSERT INTO {result} SELECT * FROM {result}") == f"{result}_pkey"
    for purpose, quantity, amount, reason, guard in (
        ("OTHER", "1", "1", "", "purpose_known"), ("PARTNER", "1", "1", "X", "amount_or_reason"),
        ("PARTNER", "1", "NULL", "", "amount_or_reason"),
        ("PARTNER", "'NaN'", "1", "", "quantity_is_number"),
        ("PARTNER", "1", "'NaN'", "", "amount_is_number"),
    ):  # fmt: skip
        row_ = values.format(purpose, quantity, amount, reason)
        attack = f"INSERT INTO {result} ({columns}) VALUES ({row_})"
        assert refused(attack) == f"{result}_{guard}"
    table = "rating_ratingagreement"
    for attack in (f"UPDATE {table} SET share = 0.5", f"DELETE FROM {table}"):
        assert refused(attack) == f"{table}_only_ends"
    columns = "charge_id, purpose, account_id, own_charge_id, share, attribute_key, valid"
    own, charge = agreement.own_charge_id, company.calls.pk
    for purpose, own_charge, share, days, guard in (
        ("WHOLESALE", own, "NULL", "[2027-06-01,)", "one_at_a_time"),
        ("OTHER", own, "NULL", "[2027-06-01,)", "purpose_known"),
        ("PARTNER", own, "0.5", "[2027-06-01,)", "by_charge_or_share"),
        ("PARTNER", "NULL", "1.5", "[2027-06-01,)", "by_charge_or_share"),
        ("PARTNER", own, "NULL", "empty", "begins"),
    ):
        given = f"{charge}, '{purpose}', {carrier.pk}, {own_charge}, {share}, '*', '{days}'"
        attack = f"INSERT INTO {table} ({columns}) VALUES ({given})"
        assert refused(attack) == f"{table}_{guard}"


def test_the_check_names_what_is_lost_and_what_has_no_event(
    company: Company, carrier: Account
) -> None:
    agree(company, carrier, own_charge=carrier_charge(company))
    load(company, call("a", 61))
    derive()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('usage:derive', 0))")
        cursor.execute("DELETE FROM rating_derivedrating")
    (lost,) = broken()
    assert (lost.expected, lost.actual) == ("1", "0")
    PendingDerivation.objects.create(
        account_id=company.accounts["Household"].pk, on_date=date(2027, 5, 3)
    )
    assert not broken()
    assert len(derive()) == 1


def test_pages_agree_list_margins_and_tell_on_the_event(
    company: Company, carrier: Account, client: Client
) -> None:
    charge = carrier_charge(company)
    client.force_login(
        person(
            "partners",
            "rating.view_ratingagreement",
            "rating.agree_rating",
            "rating.view_usageevent",
            "rating.export_lists",
            "customers.view_account",
        )
    )
    data = {
        "charge": company.calls.pk, "purpose": "WHOLESALE", "account": carrier.number,
        "own_charge": charge.pk, "starts": "2027-05-01",
    }  # fmt: skip
    page = reverse("rating:agreement_add")
    assert client.post(page, data).status_code == 302
    assert client.post(page, data).status_code == 422
    share = data | {"purpose": "PARTNER", "own_charge": "", "percent": "20"}
    assert client.post(page, share).status_code == 302
    load(company, call("a", 61))
    derive()
    agreements = client.get(reverse("rating:agreements")).content.decode()
    assert "20 % of retail" in agreements
    days = {"start": "2027-05-01", "end": "2027-05-31"}
    margins = client.get(reverse("rating:margins"), days)
    totals = {one.label: one.amount for one in margins.context["totals"]}
    assert totals["Margin"] == D("0.059")
    exported = client.get(reverse("rating:margins"), days | {"export": "csv"})
    assert b"MOBILE/1/CALLS" in b"".join(exported)  # type: ignore[arg-type]
    event = Usage.objects.get()
    told = client.get(reverse("rating:event", args=[event.account_id, event.id]))
    assert "Rated for others" in told.content.decode()
    agreement = RatingAgreement.objects.get(purpose="PARTNER")
    end = reverse("rating:agreement_end", args=[agreement.pk])
    assert client.post(end, {"last_day": "2027-05-02"}).status_code == 302
    agreement.refresh_from_db()
    assert agreement.valid.upper == date(2027, 5, 2) + timedelta(days=1)
    assert [purpose for _, purpose, _, _ in derive()] == ["WHOLESALE"]
    client.force_login(person("nobody"))
    for name in ("margins", "agreements", "agreement_add"):
        assert client.get(reverse(f"rating:{name}")).status_code == 403


def test_a_death_in_between_loses_nothing(
    company: Company, carrier: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(company, carrier, own_charge=carrier_charge(company))
    load(company, call("a", 61), call("b", 30, event_start="2027-05-20T10:00:00Z"))
    waiting = PendingDerivation.objects.count()
    with monkeypatch.context() as broken_wire:
        broken_wire.setattr(copying, "copy_in", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            operations.derive_pending(on_date=TODAY)
    assert (PendingDerivation.objects.count(), DerivedRating.objects.count()) == (waiting, 0)
    assert [key for key, *_ in derive()] == ["a", "b"]
