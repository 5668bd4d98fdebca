"""The first day of a new user, in a real browser: from a usage file to money in the ageing.

Load a usage file by hand → mend a suspended row → run a cycle → look at the findings → have it
approved by another role → post → open the PDF → explain a line → record a payment → see the
ageing move.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from customers.models import ServiceIdentifier
from invoicing.models import BillRun, Invoice
from rating.models import UsageEvent, UsageFile

pytestmark = pytest.mark.browser

BILL_DATE = date(2026, 9, 15)
HEADER = (
    "source,event_key,usage_type,identifier_type,identifier,event_start,event_end,quantity,uom\n"
)


def content(page: Page) -> Locator:
    """Return what stands beside the sidebar."""
    return page.locator("#content")


def press(page: Page, name: str) -> None:
    """Press a button, and where it asks, say yes."""
    asks = content(page).locator("summary", has_text=re.compile(f"^{name}$"))
    if asks.count():
        asks.click()
        content(page).get_by_role("button", name=f"Yes: {name}").click()
    else:
        content(page).get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state("networkidle")


def follow(page: Page, name: str | re.Pattern[str], *, exact: bool = False) -> None:
    """Follow the first link of that name."""
    content(page).get_by_role("link", name=name, exact=exact).first.click()
    page.wait_for_load_state("networkidle")


def phone() -> str:
    """Return a number of an account of the cycle that is billed next."""
    found = ServiceIdentifier.objects.filter(
        type="MSISDN",
        service__subscription__account__cycle_code="C15",
        service__subscription__account__entity__code="US",
    ).order_by("pk")
    return str(found[0].value)


def usage_file(number: str) -> bytes:
    """Return a file of two calls: one of a known number, one with a digit lost."""
    at = datetime(2026, 9, 10, 9, 30, tzinfo=UTC).isoformat()
    rows = [
        f"NET-US,hand-1,VOICE,MSISDN,{number},{at},{at},12.50,MIN\n",
        f"NET-US,hand-2,VOICE,MSISDN,{number[:-1]},{at},{at},3.00,MIN\n",
    ]
    return (HEADER + "".join(rows) + "#TRAILER,2,15.50\n").encode()


def load_usage(page: Page, number: str) -> None:
    """Check the file, then load it."""
    follow_menu(page, "Usage files")
    follow(page, re.compile("^Load"))
    for is_check in (True, False):
        source = content(page).locator("[name=source]")
        source.select_option(
            value=source.locator("option", has_text="NET-US").get_attribute("value")
        )
        content(page).locator("[name=file]").set_input_files(
            {"name": "net-us-9001.csv", "mimeType": "text/csv", "buffer": usage_file(number)}
        )
        content(page).locator("[name=check_only]").set_checked(is_check)
        press(page, "Go")
        if is_check:
            expect(content(page)).to_contain_text("1 would be loaded")
            assert not UsageFile.objects.filter(name="net-us-9001.csv").exists()
    assert UsageFile.objects.get(name="net-us-9001.csv").loaded_count == 1


def mend_suspense(page: Page, number: str) -> None:
    """Give the lost digit back and let the row through."""
    page.goto(f"/console/rating/suspense/rows/?reason=NO_OWNER&identifier={number[:-1]}")
    content(page).get_by_role("link").filter(has_text=re.compile(r"^\d+/\d+$")).first.click()
    content(page).locator("[name=set_identifier]").fill(number)
    press(page, "Recycle")
    expect(page.locator("body")).to_contain_text("1 rows stored")
    keys = UsageEvent.objects.filter(event_key__startswith="hand-").count()
    assert keys == 2


def follow_menu(page: Page, name: str) -> None:
    """Choose a page in the sidebar."""
    entry = page.locator("#nav-sidebar a")
    entry.filter(has=page.get_by_text(name, exact=True)).click()
    page.wait_for_load_state("networkidle")


def run_the_bills(page: Page, work_off: Callable[[], int]) -> BillRun:
    """Start the run of the cycle and wait for its drafts."""
    follow_menu(page, "Bill runs")
    follow(page, re.compile("^Start"))
    cycle = content(page).locator("[name=cycle]")
    cycle.select_option(value=cycle.locator("option", has_text="C15").get_attribute("value"))
    content(page).locator("[name=bill_date]").fill(BILL_DATE.isoformat())
    press(page, "Start")
    assert work_off() >= 1
    run = BillRun.objects.get(bill_date=BILL_DATE)
    page.goto(f"/console/invoicing/runs/{run.pk}/")
    expect(content(page)).to_contain_text("In review")
    expect(content(page)).to_contain_text("Control totals")
    expect(content(page).get_by_role("button", name="Approve")).to_have_count(0)
    page.goto(f"/console/invoicing/runs/{run.pk}/findings/")
    expect(page.locator("h1")).to_contain_text("indings")
    return run


def release(page: Page, run: BillRun) -> None:
    """Find the run on the home page of another role, and approve it."""
    page.goto("/console/")
    pile = content(page).locator(".hs-card", has_text="Runs in review")
    expect(pile).to_contain_text("1")
    pile.get_by_role("link").click()
    follow(page, str(run.pk), exact=True)
    press(page, "Approve")
    expect(content(page)).to_contain_text("Approved")


def post(page: Page, run: BillRun, work_off: Callable[[], int]) -> Invoice:
    """Post the run as the one who started it."""
    page.goto(f"/console/invoicing/runs/{run.pk}/")
    press(page, "Post")
    assert work_off() >= 1
    page.goto(f"/console/invoicing/runs/{run.pk}/")
    expect(content(page)).to_contain_text("Closed")
    return (
        Invoice.objects.filter(run_id=run.pk, state="POSTED", lines__text__icontains="call")
        .order_by("pk")
        .distinct()[0]
    )


def read_the_invoice(page: Page, invoice: Invoice) -> None:
    """Open the PDF and ask a line why."""
    follow_menu(page, "Invoices and memos")
    follow(page, str(invoice.number))
    expect(content(page)).to_contain_text("Still owed")
    paper = page.request.get(f"/console/invoicing/documents/{invoice.pk}/pdf/")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.body().startswith(b"%PDF-")
    line = invoice.lines.filter(text__icontains="call").order_by("seq")[0]
    follow(page, line.text)
    expect(content(page)).to_contain_text("How it was worked out")


def pay(page: Page, invoice: Invoice) -> None:
    """See the debt in the ageing, record the money, and see that it is gone."""
    ageing = f"/console/receivables/ageing/?as_of=2026-12-31&currency={invoice.currency}"
    account = str(invoice.payer.number)
    page.goto(ageing)
    before = content(page).locator("tr", has_text=account).last.inner_text()
    follow_menu(page, "Payments")
    follow(page, "Record a payment")
    content(page).locator("[name=payer]").fill(account)
    content(page).locator("[name=amount]").fill(f"{invoice.payable:.2f}")
    content(page).locator("[name=tender]").select_option(label="Bank transfer")
    content(page).locator("[name=received_on]").fill("2026-11-01")
    press(page, "Show what it settles")
    expect(content(page)).to_contain_text(str(invoice.number))
    press(page, "Record the payment")
    page.goto(ageing)
    rows = content(page).locator("tr", has_text=account)
    assert rows.count() == 0 or rows.last.inner_text() != before


def test_a_new_user_bills_and_is_paid(
    open_as: Callable[..., Page], work_off: Callable[[], int], complaints: list[str]
) -> None:
    number = phone()
    operator = open_as("operator")
    load_usage(operator, number)
    mend_suspense(operator, number)
    run = run_the_bills(operator, work_off)
    release(open_as("approver"), run)
    invoice = post(operator, run, work_off)
    read_the_invoice(operator, invoice)
    pay(open_as("cash"), invoice)
    assert not complaints
