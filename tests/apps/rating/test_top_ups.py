"""Automatic top-ups: asked for once, within limits, and sold when captured (ENT-8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import customers.operations
import rating.operations
from audit.models import BusinessEvent
from customers.choices import AccountRole
from customers.models import Account
from foundation.errors import Forbidden, Invalid
from payments.models import Payment
from rating.models import BalanceBucket, TopUpRequest
from rating.operations import CannotTopUp, ask_top_ups, expire_top_ups, settle_balances
from receivables.models import OpenItem
from tests.apps.invoicing.company import Company
from tests.apps.invoicing.test_prepaid import books, is_green
from tests.apps.rating.company import person
from tests.apps.rating.topping_up import DAY, NOW, START, ask, capture, fail, money, rule, take
from tests.worlds import standing

pytestmark = pytest.mark.django_db
D = Decimal
FEB = datetime(2027, 2, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


billing_world = standing("billing_world", Company)


@pytest.fixture
def company(billing_world: Company) -> Company:
    return billing_world


@pytest.fixture
def payer(company: Company) -> Account:
    return company.payer()


def test_ent8_a_payment_is_asked_for_once_at_the_threshold(payer: Account) -> None:
    """30.00 are there, 10.00 the threshold: at 10.01 nothing happens, at 10.00 25.00 is asked."""
    held = money(payer)
    made = rule(payer)
    take(held, "19.99")
    assert settle_balances(as_of=NOW).topped_up == 0
    take(held, "0.01")
    assert settle_balances(as_of=NOW).topped_up == 1
    assert settle_balances(as_of=NOW).topped_up == 0
    asked = TopUpRequest.objects.get()
    assert (asked.amount, asked.remaining, asked.month) == (D(25), D(10), START)
    event = BusinessEvent.objects.get(topic="top_up.requested")
    assert event.payload == {
        "account": payer.pk, "idempotency_key": f"TOPUP-{made.pk}-1", "amount": "25.00",
        "currency": "EUR", "left": "10.00", "expires_at": "2027-01-08T12:00:00+00:00",
    }  # fmt: skip
    assert BalanceBucket.objects.count() == 1, "nothing comes of a request alone"


def test_ent8_what_was_captured_is_sold_once_whatever_the_number_of_answers(
    payer: Account,
) -> None:
    """J4 and J13: the memo of the sale is settled by the payment, and 25.00 are owed as usage."""
    rule(payer)
    asked = ask()
    done = [capture(asked) for _ in range(3)]
    assert len({one.bucket_id for one in done}) == 1
    bucket = BalanceBucket.objects.get()
    assert (bucket.source, bucket.remaining, bucket.consideration) == ("TOPUP", D(25), D(25))
    assert Payment.objects.get().external_id == done[0].reference
    assert sorted(OpenItem.objects.values_list("side", "open")) == [("C", D(0)), ("D", D(0))]
    assert books()["2140"] == D(-25)
    assert BusinessEvent.objects.filter(topic="top_up.captured").count() == 1
    assert ask_top_ups(as_of=NOW) == 0
    for change in ({"reference": "PSP-OTHER"}, {"amount": "24.00"}):
        with pytest.raises(CannotTopUp, match="answered already"):
            capture(asked, **change)  # type: ignore[arg-type]
    with pytest.raises(CannotTopUp, match="answered already"):
        fail(asked)
    is_green()


def test_ent8_less_may_be_captured_and_never_more(payer: Account) -> None:
    rule(payer)
    asked = ask()
    for amount in ("25.01", "0", "-1", "1.001"):
        with pytest.raises(Invalid):
            capture(asked, amount)
    with pytest.raises(Invalid, match="reference"):
        capture(asked, reference=" ")
    assert not Payment.objects.exists()
    assert capture(asked, "20.00").captured == D(20)
    assert BalanceBucket.objects.get().remaining == D(20)


def test_ent8_a_failure_says_when_it_is_tried_again(payer: Account) -> None:
    rule(payer)
    asked = ask()
    with pytest.raises(Invalid, match="later"):
        fail(asked, retry_at=NOW)
    assert fail(asked, retry_at=NOW + DAY) == fail(asked, retry_at=NOW + DAY)
    assert ask_top_ups(as_of=NOW + DAY / 2) == 0
    again = ask(NOW + DAY)
    assert again.key != asked.key
    fail(again)
    assert ask_top_ups(as_of=FEB) == 0, "it rests: nobody said when to try again"
    rule(payer, starts=date(2027, 2, 1))
    ask(FEB)
    with pytest.raises(CannotTopUp, match="failed"):
        capture(again)
    assert not BalanceBucket.objects.exists()


def test_ent8_tries_are_limited_by_the_month(payer: Account) -> None:
    rule(payer, most_tries=2)
    fail(ask(), retry_at=NOW + HOUR)
    fail(ask(NOW + HOUR), as_of=NOW + HOUR, retry_at=NOW + 2 * HOUR)
    assert ask_top_ups(as_of=NOW + 3 * HOUR) == 0
    ask(FEB)


def test_ent8_money_is_limited_by_the_month(payer: Account) -> None:
    """Twice 25.00 of at most 60.00 a month; a third time would be 75.00."""
    rule(payer)
    for _ in range(2):
        bucket = capture(ask()).bucket
        assert bucket is not None
        rating.operations.draw_money([(bucket.pk, D(25), 1)])
    assert ask_top_ups(as_of=NOW) == 0
    ask(FEB)


def test_ent8_what_nobody_answers_expires_and_late_money_is_sold_still(payer: Account) -> None:
    rule(payer)
    asked = ask()
    assert expire_top_ups(as_of=NOW + 3 * DAY - timedelta(seconds=1)) == 0
    assert settle_balances(as_of=NOW + 3 * DAY).topped_up == 1
    asked.refresh_from_db()
    assert asked.state == "EXPIRED"
    with pytest.raises(CannotTopUp):
        fail(asked)
    assert capture(asked, as_of=NOW + 4 * DAY).state == "CAPTURED"
    assert BalanceBucket.objects.get().remaining == D(25)


def test_a_rule_counts_its_own_kind_of_money_and_ends_by_date(company: Company) -> None:
    payer, kind = company.payer(), company.voice().code
    money(payer, "50.00", usage_type=kind)
    first = rule(payer)
    assert ask().usage_type is None, "money for calls does not pay everything"
    rule(payer, usage_type=kind)
    assert ask_top_ups(as_of=NOW) == 0
    second = rule(payer, starts=date(2027, 3, 1), amount=D(30))
    first.refresh_from_db()
    assert first.valid.upper == date(2027, 3, 1)
    with pytest.raises(CannotTopUp, match="already"):
        rule(payer, starts=date(2027, 2, 1))
    with pytest.raises(CannotTopUp):
        rating.operations.end_top_up(rule_id=first.pk, ends=date(2027, 3, 1), actor=None)
    ended = rating.operations.end_top_up(rule_id=second.pk, ends=date(2027, 4, 1), actor=None)
    assert ended.last_day == date(2027, 3, 31)


def test_what_makes_no_sense_and_who_may_not_is_refused(payer: Account) -> None:
    for change in (
        {"amount": D(0)},
        {"amount": D("1.001")},
        {"threshold": D(-1)},
        {"most_per_month": D(24)},
        {"most_tries": 0},
        {"most_tries": 21},
        {"usage_type": "SMOKE"},
    ):
        with pytest.raises(Invalid):
            rule(payer, **change)
    nobody = person("nobody")
    with pytest.raises(Forbidden):
        rule(payer, actor=nobody)
    made = rule(payer)
    with pytest.raises(Forbidden):
        rating.operations.end_top_up(rule_id=made.pk, ends=date(2027, 2, 1), actor=nobody)
    asked = ask()
    with pytest.raises(Forbidden):
        capture(asked, actor=nobody)
    with pytest.raises(Forbidden):
        fail(asked, actor=nobody)
    payer.currency = "USD"
    with pytest.raises(CannotTopUp, match="sold in EUR"):
        rule(payer, starts=date(2027, 5, 1))


def test_a_closed_account_is_not_asked_for(payer: Account) -> None:
    rule(payer)
    customers.operations.close_account(account=payer, on_date=date(2027, 1, 10), actor=None)
    assert ask_top_ups(as_of=datetime(2027, 1, 10, 12, tzinfo=UTC)) == 0


def test_an_account_that_another_pays_for_is_not_asked_for(company: Company) -> None:
    head, payer = company.payer("Head"), company.payer("Below")
    rule(payer)
    customers.operations.move_account(
        account=payer, parent=head, role=AccountRole.NON_PAYER, on_date=date(2027, 1, 2),
        as_of=date(2027, 1, 2), actor=None,
    )  # fmt: skip
    assert ask_top_ups(as_of=NOW) == 0


def test_who_has_no_rule_costs_one_look(payer: Account) -> None:
    money(payer, "1.00")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert ask_top_ups(as_of=NOW) == 0
    assert len(asked) == 1
