"""Another bill day of a payer: shown, made now or at the next boundary, withdrawn (PER-7)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

import invoicing.operations
from customers.choices import AccountRole
from customers.models import Account, Subscription
from foundation import clock
from invoicing.choices import RunKind
from invoicing.models import BillCycle, BillRun, CycleChange, Invoice
from invoicing.operations import CannotChangeCycle
from invoicing.operations.cycle_changes import carry_out_cycle_changes
from tests.apps.invoicing.company import Company, add, lines, use
from tests.apps.invoicing.test_document_api import post
from tests.apps.invoicing.test_three_cycles import PHONE, plan
from tests.attacks import refused_by

pytestmark = pytest.mark.django_db
D = Decimal
FEB, MAR = date(2027, 2, 1), date(2027, 3, 1)
MID, STUB_END = date(2027, 2, 15), date(2027, 3, 15)


@pytest.fixture
def sub(company: Company) -> Subscription:
    found = add(company.payer(), company.offer("PLAN", {"price": D(30)}), quantity=2)
    company.bill(FEB)
    return found


@pytest.fixture
def day_15() -> BillCycle:
    return invoicing.operations.define_cycle(code="C15", name="Day 15", day=15, actor=None)


def order(account: Account, cycle: BillCycle, as_of: date = MID) -> CycleChange:
    return invoicing.operations.change_cycle_at_boundary(
        account=account, cycle=cycle, cycle_day=15, as_of=as_of, actor=None
    )


def test_per7_another_bill_day_is_previewed_and_nothing_changes(
    sub: Subscription, day_15: BillCycle, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The month billed is finished; the days up to the 15th are a part of the new month."""
    mine = sub.account
    (found,) = invoicing.operations.preview_cycle(
        account=mine, cycle=day_15, cycle_day=15, as_of=MID, actor=None
    )
    assert found.before.bill_date == MAR
    assert found.after.bill_date == date(2027, 2, 15)
    (stub,) = found.after.lines
    assert (stub.start, stub.end) == (MAR, date(2027, 3, 15))
    assert stub.net == D(30), "2 × 30.00 × 14/28 of the month from 15 February"
    monkeypatch.setattr(clock, "today", lambda zone: MID)
    client.force_login(User.objects.create(username="root", is_superuser=True, is_staff=True))
    page = reverse("invoicing:cycle_preview", args=[mine.pk])
    assert client.get(page).status_code == 200
    shown = client.post(page, {"cycle": "C15", "cycle_day": "", "when": "now"}).content.decode()
    assert "On 15 Feb 2027, with the change" in shown
    mine.refresh_from_db()
    assert mine.cycle_day == 1


def test_an_account_that_does_not_pay_has_no_bill_day_to_change(
    company: Company, sub: Subscription, day_15: BillCycle
) -> None:
    child = company.payer(parent=sub.account, role=AccountRole.NON_PAYER)
    with pytest.raises(invoicing.operations.CannotPreview, match="is billed with"):
        invoicing.operations.preview_cycle(
            account=child, cycle=day_15, cycle_day=15, as_of=MID, actor=None
        )


def test_per7_at_the_boundary_the_period_is_billed_first_as_the_preview_says(
    company: Company, day_15: BillCycle
) -> None:
    """In arrears: February whole on 1 March, then 14 days of the month from 15 February."""
    mine = company.payer()
    add(mine, company.offer("PLAN", {"price": D(28), "timing": "ARREARS"}))
    first, second = invoicing.operations.preview_cycle(
        account=mine, cycle=day_15, cycle_day=15, as_of=MID, actor=None, at_boundary=True
    )
    assert not Invoice.objects.filter(payer=mine).exists(), "nothing is kept"
    order(mine, day_15)
    company.bill(MAR)
    mine.refresh_from_db()
    assert (mine.cycle_code, mine.cycle_day) == ("C15", 15)
    company.bill(STUB_END, cycle=day_15)
    march, stub = Invoice.objects.filter(payer=mine).order_by("invoice_date")
    assert first.after.net == march.net == D(56), "January and February whole"
    assert second.after.bill_date == STUB_END
    assert second.after.net == stub.net == D(14), "28.00 × 14/28 of 15 February to 14 March"
    assert second.before.bill_date == date(2027, 4, 1)


@pytest.mark.parametrize("at_boundary", [True, False])
def test_per7_usage_of_the_old_days_stays_billed_and_the_stub_has_its_own(
    company: Company, day_15: BillCycle, at_boundary: bool
) -> None:
    """No payer has the old day any more; late usage of an old period is added to that alone."""
    mine = company.payer(cycle_code="C15", cycle_day=15)
    phone = add(mine, plan(company), identifiers=(PHONE,))
    use(phone, date(2027, 1, 10), "110")
    use(phone, date(2027, 1, 20), "70")
    use(phone, date(2027, 2, 10), "20")
    given: dict[str, Any] = {
        "account": mine, "cycle": company.cycle, "cycle_day": 1, "actor": None,
    }  # fmt: skip
    if at_boundary:
        invoicing.operations.change_cycle_at_boundary(as_of=date(2027, 2, 12), **given)
    company.bill(MID, cycle=day_15)
    if not at_boundary:
        invoicing.operations.change_cycle_now(**given)
    use(phone, date(2027, 2, 14), "5")
    use(phone, date(2027, 2, 20), "40")
    company.bill(MAR)
    for invoice, calls in zip(
        Invoice.objects.filter(payer=mine, origin="CYCLE").order_by("id"),
        (
            [("15.12.", "Calls", "10.50"), ("15.01.", "Calls", "9.00")],
            [("15.01.", "Addition: Calls", "0.50"), ("15.02.", "Calls", "4.00")],
        ),
        strict=True,
    ):
        assert [one for one in lines(invoice) if "Calls" in one[1]] == calls
    assert Invoice.objects.filter(payer=mine).count() == 2, "nothing is given back"


def test_per7_at_the_boundary_no_period_of_the_old_days_is_billed_in_advance(
    company: Company, sub: Subscription, day_15: BillCycle
) -> None:
    """On 1 March nothing; on the 15th 14/28 of 60.00, and the month to come."""
    mine = sub.account
    first, second = invoicing.operations.preview_cycle(
        account=mine, cycle=day_15, cycle_day=15, as_of=MID, actor=None, at_boundary=True
    )
    assert (first.before.net, first.after.net) == (D(60), D(0))
    order(mine, day_15)
    year = invoicing.operations.project(account_id=mine.pk, as_of=MID)
    assert [one.bill_date for one in year] == [MAR], "what comes then goes by other days"
    company.bill(MAR)
    company.bill(STUB_END, cycle=day_15)
    stub = Invoice.objects.filter(payer=mine).latest("invoice_date")
    assert (stub.invoice_date, stub.net) == (STUB_END, D(90))
    assert second.after.net == D(90)


def test_per7_a_change_ordered_between_draft_and_posting_is_posted(
    company: Company, sub: Subscription, day_15: BillCycle
) -> None:
    run = company.start(MAR)
    order(sub.account, day_15)
    invoicing.operations.approve_run(run_id=run.pk, actor=company.boss)
    invoicing.operations.post_run(run_id=run.pk, actor=company.clerk)
    invoicing.operations.continue_run(run_id=run.pk)
    assert not Invoice.objects.filter(payer=sub.account, invoice_date=MAR, state="POSTED").exists()


def test_per7_who_is_not_billed_by_the_run_goes_on_waiting(
    company: Company, sub: Subscription, day_15: BillCycle
) -> None:
    mine = sub.account
    change = order(mine, day_15)
    assert change.boundary == MAR
    Account.objects.filter(pk=mine.pk).update(
        billing_hold_until=date(2027, 3, 20), billing_hold_reason="asked"
    )
    company.bill(MAR)
    change.refresh_from_db()
    assert change.state == "PENDING"
    Account.objects.filter(pk=mine.pk).update(billing_hold_until=None, billing_hold_reason="")
    company.bill(date(2027, 4, 1))
    change.refresh_from_db()
    assert change.state == "DONE"
    assert change.run is not None
    assert change.run.bill_date == date(2027, 4, 1)
    with pytest.raises(CannotChangeCycle, match="carried out"):
        invoicing.operations.withdraw_cycle_change(change=change, actor=None)


def test_per7_an_interim_run_carries_no_change_out(
    company: Company, sub: Subscription, day_15: BillCycle
) -> None:
    change = order(sub.account, day_15)
    run = BillRun(kind=RunKind.INTERIM, cycle=company.cycle, bill_date=date(2027, 3, 5))
    assert carry_out_cycle_changes(run=run, unbilled=()) == 0
    change.refresh_from_db()
    assert change.state == "PENDING"


def test_per7_ordering_again_changes_nothing_and_another_is_refused(
    sub: Subscription, day_15: BillCycle
) -> None:
    mine = sub.account
    assert order(mine, day_15) == order(mine, day_15)
    with pytest.raises(CannotChangeCycle, match="withdraw it first"):
        invoicing.operations.change_cycle_at_boundary(
            account=mine, cycle=day_15, cycle_day=20, as_of=MID, actor=None
        )
    with pytest.raises(CannotChangeCycle, match="withdraw it first"):
        invoicing.operations.change_cycle_now(account=mine, cycle=day_15, cycle_day=20, actor=None)
    change = CycleChange.objects.get()
    for _ in range(2):
        invoicing.operations.withdraw_cycle_change(change=change, actor=None)
    assert order(mine, day_15) != change


def test_per7_refusals_of_a_change(company: Company, sub: Subscription, day_15: BillCycle) -> None:
    child = company.payer(parent=sub.account, role=AccountRole.NON_PAYER)
    with pytest.raises(CannotChangeCycle, match="does not pay for itself"):
        order(child, day_15)
    own = BillCycle.objects.get(code=sub.account.cycle_code)
    with pytest.raises(CannotChangeCycle, match="billed so already"):
        invoicing.operations.change_cycle_at_boundary(
            account=sub.account, cycle=own, cycle_day=1, as_of=MID, actor=None
        )
    BillCycle.objects.filter(pk=day_15.pk).update(is_active=False)
    day_15.refresh_from_db()
    with pytest.raises(CannotChangeCycle, match="not active"):
        order(sub.account, day_15)


def test_per7_the_pages_order_show_and_withdraw_a_change(
    sub: Subscription, day_15: BillCycle, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda zone: MID)
    client.force_login(User.objects.create(username="root", is_superuser=True, is_staff=True))
    mine = sub.account
    asked = {"cycle": "C15", "cycle_day": "15", "when": "boundary"}
    preview = client.post(reverse("invoicing:cycle_preview", args=[mine.pk]), asked)
    assert "On 15 Mar 2027, with the change" in preview.content.decode()
    page = reverse("invoicing:change_cycle", args=[mine.pk])
    assert 'value="15"' in client.get(page, asked).content.decode()
    shown = client.post(page, asked, follow=True).content.decode()
    assert "changes when the period up to 1 Mar 2027 is billed" in shown
    assert "on day 15, once billed up to 1 Mar 2027 (cycle C15)" in shown
    assert mine.number in client.get(reverse("invoicing:cycle_changes")).content.decode()
    change = CycleChange.objects.get()
    client.post(reverse("invoicing:withdraw_cycle_change", args=[change.pk]))
    change.refresh_from_db()
    assert change.state == "WITHDRAWN"
    client.post(page, asked | {"when": "now"})
    mine.refresh_from_db()
    assert mine.cycle_day == 15


def test_per7_a_change_is_ordered_over_the_api(
    sub: Subscription, day_15: BillCycle, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda zone: MID)
    client.force_login(User.objects.create(username="root", is_superuser=True, is_staff=True))
    body = {"account": sub.account.number, "cycle": "C15"}
    path = "/api/v1/cycle-changes/"
    _, compared = post(client, f"{path}preview/", body)
    assert [one["after"]["bill_date"] for one in compared] == ["2027-03-01", "2027-03-15"]
    lines = compared[1]["after"]["lines"]
    assert [line["net"]["amount"] for line in lines] == ["30.00", "60.00"]
    _, made = post(client, path, body)
    assert (made["day"], made["boundary"], made["state"]) == (15, "2027-03-01", "PENDING")
    _, gone = post(client, f"{path}{made['id']}/withdraw/", {})
    assert gone["state"] == "WITHDRAWN"
    assert post(client, path, body | {"account": "A-NONE"})[0] == 422


GUARDS = {
    "invoicing_cyclechange_is_bound": "UPDATE invoicing_cyclechange SET day = 16",
    "invoicing_cyclechange_is_kept": "DELETE FROM invoicing_cyclechange",
    "invoicing_cyclechange_done_by_a_run": "UPDATE invoicing_cyclechange SET state = 'DONE'",
    "invoicing_cyclechange_one_pending": (
        "INSERT INTO invoicing_cyclechange (account_id, cycle_id, day, boundary, state)"
        " SELECT account_id, cycle_id, 9, boundary, 'PENDING' FROM invoicing_cyclechange"
    ),
    "invoicing_cyclechange_day_of_month": (
        "INSERT INTO invoicing_cyclechange (account_id, cycle_id, day, boundary, state)"
        " SELECT a.id, c.cycle_id, 32, c.boundary, 'PENDING'"
        " FROM invoicing_cyclechange AS c JOIN customers_account AS a ON a.id <> c.account_id"
    ),
    "invoicing_cyclechange_starts_pending": (
        "INSERT INTO invoicing_cyclechange (account_id, cycle_id, day, boundary, state)"
        " SELECT account_id, cycle_id, day, boundary, 'WITHDRAWN' FROM invoicing_cyclechange"
    ),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_per7_a_change_is_kept_as_it_was_ordered(
    guard: str, company: Company, sub: Subscription, day_15: BillCycle
) -> None:
    company.payer()
    order(sub.account, day_15)
    assert refused_by(GUARDS[guard]) == guard


def test_per7_a_withdrawn_change_stays_so(sub: Subscription, day_15: BillCycle) -> None:
    change = order(sub.account, day_15)
    invoicing.operations.withdraw_cycle_change(change=change, actor=None)
    again = "UPDATE invoicing_cyclechange SET state = 'PENDING'"
    assert refused_by(again) == "invoicing_cyclechange_is_final"
