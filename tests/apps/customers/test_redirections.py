"""Split billing: agree, end, refuse (HIER-8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from customers import operations
from customers.models import Account, ChargeRedirection
from customers.operations import CannotRedirect
from foundation.errors import Forbidden
from tests.apps.customers import build
from tests.apps.customers.attacks import refused, run

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB, MAR = (date(2027, month, 1) for month in (1, 2, 3))


@pytest.fixture
def pair() -> tuple[Account, Account]:
    return build.account("Ada"), build.account("Works")


def redirect(pair: tuple[Account, Account], **more) -> ChargeRedirection:
    return operations.redirect_charges(
        account=pair[0], payer=pair[1], **{"starts": FEB, "actor": None, **more}
    )


def test_charges_are_redirected_and_the_redirection_ends(pair) -> None:
    row = redirect(pair, cap=D("50.00"), section="Usage")
    assert (row.currency, row.cap, row.valid.upper) == ("EUR", D("50.00"), None)
    ended = operations.end_redirection(redirection=row, on_date=MAR, actor=None)
    assert ended.valid.upper == MAR
    with pytest.raises(CannotRedirect, match="only end earlier"):
        operations.end_redirection(redirection=row, on_date=date(2027, 4, 1), actor=None)


def test_who_cannot_pay_is_refused(pair) -> None:
    ada, works = pair
    below = build.account("Below", parent=works)
    dollars = build.account("Dollars", entity=build.entity("US", "USD", "America/Chicago"))
    later = build.account("Later", cycle_day=15)
    for payer, more, words in (
        (below, {}, "does not pay for itself"),
        (dollars, {}, "another legal entity or currency"),
        (later, {"cap": D(50)}, "periods that begin together"),
        (works, {"cap": D("0.001")}, "is no amount"),
        (works, {"subscription": build.add(works, build.offer(), JAN)}, "another account"),
    ):
        with pytest.raises(CannotRedirect, match=words):
            redirect((ada, payer), **more)
    assert redirect((ada, later)).cap is None, "whole charges need no common bill day"


def test_one_rule_of_a_kind_holds_at_a_time(pair) -> None:
    redirect(pair)
    with pytest.raises(CannotRedirect, match="end it first"):
        redirect(pair, starts=MAR)


def test_a_clerk_without_the_permission_is_refused(pair) -> None:
    with pytest.raises(Forbidden):
        redirect(pair, actor=build.user("nobody", is_superuser=False))


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("SET payer_id = account_id", "customers_chargeredirection_kept"),
        ("SET cap = 60", "customers_chargeredirection_kept"),
        ("SET section = 'Usage'", "customers_chargeredirection_kept"),
        ("SET currency = 'USD'", "customers_chargeredirection_same_money"),
    ],
)
def test_what_was_agreed_is_kept(pair, change: str, guard: str) -> None:
    redirect(pair, cap=D(50))
    assert refused(f"UPDATE customers_chargeredirection {change}") == guard


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("account_id, account_id, 'EUR', NULL", "customers_chargeredirection_to_another"),
        ("account_id, payer_id, 'EUR', 0", "customers_chargeredirection_cap_positive"),
        ("account_id, payer_id, 'EUR', 'NaN'", "customers_chargeredirection_cap_is_money"),
        ("account_id, payer_id, 'EUR', 5", "customers_chargeredirection_one_at_a_time"),
        ("account_id, payer_id, 'EUR', 5, 'empty'", "customers_chargeredirection_has_days"),
    ],
)
def test_a_redirection_is_sound(pair, values: str, guard: str) -> None:
    redirect(pair)
    days = "" if "empty" in values else ", valid"
    assert guard in refused(
        "INSERT INTO customers_chargeredirection (account_id, payer_id, currency, cap, valid, "
        "section, reason, version, created_at, updated_at) "
        f"SELECT {values}{days}, '', '', 1, now(), now() FROM customers_chargeredirection"
    )


def test_a_redirection_is_never_deleted(pair) -> None:
    redirect(pair)
    assert refused("DELETE FROM customers_chargeredirection") == (
        "customers_chargeredirection_never_deleted"
    )
    run("SELECT 1")


def test_it_is_agreed_and_ended_in_the_console(pair, client: Client) -> None:
    ada, works = pair
    client.force_login(build.user())
    page = reverse("customers:redirect", args=[ada.pk])
    assert client.get(page).status_code == 200
    answer = client.post(
        page, {"payer": works.number, "starts": str(FEB), "section": "Usage", "cap": "50.00"}
    )
    row = ChargeRedirection.objects.get()
    assert answer.status_code == 302
    shown = client.get(reverse("customers:account", args=[ada.pk])).content.decode()
    assert "section Usage" in shown
    ended = client.post(reverse("customers:end_redirection", args=[row.pk]), {"on_date": str(MAR)})
    row.refresh_from_db()
    assert (ended.status_code, row.valid.upper) == (302, MAR)


def test_without_the_permission_there_is_no_page(pair, client: Client) -> None:
    client.force_login(build.user("nobody", is_superuser=False))
    assert client.get(reverse("customers:redirect", args=[pair[0].pk])).status_code == 403
