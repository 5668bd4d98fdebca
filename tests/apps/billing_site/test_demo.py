"""The demo company: every identity holds, and a second telling changes nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from billing_site import operations
from billing_site.demo import metered, people, prepaid, story, totals, usage_files
from customers.models import Account
from foundation import clock
from invoicing.models import BillRun, InterimBill, Invoice
from invoicing.operations import standings_of
from receivables.models import OpenItem


@pytest.mark.django_db(transaction=True)
def test_the_story_is_told_once_and_every_identity_holds() -> None:
    out, err = StringIO(), StringIO()
    call_command("seed_demo", size="tiny", no_progress=True, stdout=out, stderr=err)
    first = totals.totals()
    call_command("seed_demo", size="tiny", no_progress=True, stdout=out, stderr=err)

    assert totals.totals() == first
    assert totals.differences("tiny", 42, first) == []
    assert [one.check.code for one in operations.check_integrity() if not one.is_green] == []
    assert "all green" in out.getvalue()
    assert set(BillRun.objects.values_list("state", flat=True)) == {"CLOSED"}
    _is_billed_and_near_limits()


def _is_billed_and_near_limits() -> None:
    """260 hours: 200 at 2.50 and 60 at 2.00 are 620.00; today somebody is at a limit (UNIT-8)."""
    told = InterimBill.objects.get()
    assert told.payer.number == "US-50000"
    assert (told.worth, told.threshold) == (Decimal(620), Decimal(500))
    bill = Invoice.objects.get(origin="INTERIM")
    assert bill.net == told.worth
    assert OpenItem.objects.get(number=bill.number).open == 0
    day = max(clock.today(ZoneInfo("UTC")), metered.STORY_ENDS)
    found = standings_of(payers=Account.objects.all(), day=day)
    assert any(one.has_reached for one in found)
    assert any(not one.has_reached for one in found)


def test_the_same_seed_gives_the_same_people_and_files() -> None:
    size = story.SIZES["tiny"]
    one, other = (people.accounts(42, size.households, size.businesses) for _ in range(2))
    assert one == other
    assert list(usage_files.files(42, one, weeks=2, events=60)) == list(
        usage_files.files(42, other, weeks=2, events=60)
    )
    assert people.accounts(43, size.households, size.businesses) != one


def test_a_declined_card_is_asked_again_in_the_next_month_and_year() -> None:
    assert prepaid.next_try(date(2026, 8, 31)) == datetime(2026, 9, 1, 12, tzinfo=UTC)
    assert prepaid.next_try(date(2026, 12, 3)) == datetime(2027, 1, 1, 12, tzinfo=UTC)


def test_a_difference_from_what_a_seed_comes_to_is_named() -> None:
    known = {"accounts": "33"}
    assert totals.differences("tiny", 42, known) != []
