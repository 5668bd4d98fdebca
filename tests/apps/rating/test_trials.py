"""Trials with a cap: used up they end, what is beyond is owed (CHG-10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import customers.operations
from customers.choices import OrderAction
from customers.models import ChargeSegment, Subscription
from customers.operations import ItemInput
from rating.models import BalanceBucket
from rating.operations import settle_balances
from tests.apps.rating.company import Company, found_company, load, open_line, row, sums
from tests.apps.rating.test_granting import at, held, include
from tests.apps.rating.test_loading import findings

pytestmark = pytest.mark.django_db
D = Decimal
FIRST = date(2027, 5, 1)


@pytest.fixture
def company(db: None) -> Company:
    company = found_company()
    include(company, code="CAP", name="Trial data", quantity=D(100), ends_trial=True)
    return company


def on_trial(company: Company, until: int = 15, **more: Any) -> Subscription:
    """Open a line on the first of May with a trial until a day of it."""
    return open_line(company, "4915", on=FIRST, trial_end_on=date(2027, 5, until), **more)


def use(company: Company, day: int, quantity: int) -> None:
    told = row(f"on-{day}", event_start=f"2027-05-{day:02d}T10:00:00Z", quantity=str(quantity))
    load(company, told, name=f"{day}.csv", received_at=at(5, 31))


def end_of(line: Subscription) -> tuple[int | None, int | None, str]:
    """Return the days of May on which the trial and the subscription end, and the state."""
    line.refresh_from_db()
    days = (line.trial_end_on, line.end_on)
    trial, end = (None if one is None else one.day for one in days)
    return trial, end, line.state


def change_trial(line: Subscription, until: int, on: int) -> None:
    item = ItemInput(
        action=OrderAction.MODIFY, subscription=line, trial_end_on=date(2027, 5, until)
    )
    customers.operations.place_order(
        account=line.account, items=[item], requested_on=date(2027, 5, on),
        submit_as_of=date(2027, 5, on), actor=None,
    )  # fmt: skip


def billable() -> list[tuple[str, Decimal]]:
    """Return the day and what of its data is charged, after what balances cover."""
    return [(day[:10], quantity) for _, code, day, quantity, *_ in sums() if code == "DATA"]


def test_chg10_usage_within_the_cap_is_free_and_the_trial_goes_on(company: Company) -> None:
    line = on_trial(company)
    use(company, 3, 99)
    assert settle_balances(as_of=at(5, 3)).trials == 0
    assert end_of(line) == (15, None, "TRIAL")
    assert held() == [("GRANT", "05-01", D(100), D(1))]
    assert BalanceBucket.objects.get().valid.upper is None
    assert [charged for _, charged in billable() if charged] == []


def test_chg10_used_up_the_trial_ends_with_that_day_once(company: Company) -> None:
    line = on_trial(company)
    use(company, 3, 60)
    use(company, 5, 70)
    assert settle_balances(as_of=at(5, 5)).trials == 1
    assert end_of(line) == (6, None, "TRIAL")
    assert settle_balances(as_of=at(5, 5, 20)).trials == 0
    customers.operations.activate_due(as_of=date(2027, 5, 6))
    assert end_of(line) == (6, None, "ACTIVE")
    settle_balances(as_of=at(5, 7))
    assert [charged for _, charged in billable() if charged] == [30]
    event = line.order_items.get(action="MODIFY")
    assert event.reason == "Trial data of the trial used up"
    assert findings() == []


def test_chg10_told_late_it_still_becomes_paid_from_the_day_after(company: Company) -> None:
    line = on_trial(company)
    use(company, 5, 120)
    settle_balances(as_of=at(5, 10))
    assert end_of(line) == (6, None, "ACTIVE")
    bucket = BalanceBucket.objects.get()
    assert bucket.closed_at is not None


@pytest.mark.parametrize("outcome", ["END", "PAUSE"])
def test_chg10_what_ends_or_pauses_does_so_tomorrow(company: Company, outcome: str) -> None:
    """Usage between the day and its news was taken, has an owner, and is billed."""
    line = on_trial(company, trial_outcome=outcome)
    use(company, 5, 120)
    use(company, 6, 5)
    settle_balances(as_of=at(5, 7))
    ended = 8 if outcome == "END" else None
    state = "PENDING_END" if outcome == "END" else "TRIAL"
    assert end_of(line) == (8, ended, state)
    assert sum(charged for _, charged in billable()) == 25


def test_chg10_a_cap_goes_with_its_trial_longer_or_shorter(company: Company) -> None:
    line = on_trial(company)
    settle_balances(as_of=at(5, 2))
    change_trial(line, 25, on=10)
    use(company, 20, 40)
    settle_balances(as_of=at(5, 20))
    assert held() == [("GRANT", "05-01", D(100), D(60))]
    change_trial(line, 21, on=21)
    use(company, 22, 10)
    settle_balances(as_of=at(5, 22))
    assert held() == [("GRANT", "05-01", D(100), D(0))]  # what is left expires with the trial
    assert end_of(line)[0] == 21
    assert [charged for _, charged in billable() if charged] == [10]


def test_chg10_a_hold_uses_nothing_up(company: Company) -> None:
    line = on_trial(company)
    settle_balances(as_of=at(5, 2))
    bucket = BalanceBucket.objects.get()
    bucket.movements.create(kind="RESERVE", delta=D(-100))
    assert settle_balances(as_of=at(5, 3)).trials == 0
    assert end_of(line)[0] == 15


def test_what_a_month_includes_begins_when_the_capped_trial_is_over(company: Company) -> None:
    include(company, code="MONTH", quantity=D(310))
    on_trial(company, until=11)
    settle_balances(as_of=at(5, 5))
    assert held() == [("GRANT", "05-01", D(100), D(100))]
    settle_balances(as_of=at(5, 12))
    # 310 × 21/31 days
    assert held()[-1] == ("GRANT", "05-01", D(210), D(210))


def test_without_a_trial_its_cap_grants_nothing(company: Company) -> None:
    open_line(company, "4915", on=FIRST)
    settle_balances(as_of=at(5, 5))
    assert held() == []


def test_a_charge_without_cap_stays_off_during_the_trial(company: Company) -> None:
    on_trial(company)
    off = ChargeSegment.objects.filter(state="OFF").values_list(
        "subscription_charge__charge__code", flat=True
    )
    assert set(off) == {"CALLS"}
