"""Usage billed inside its period where it reaches its limit (UNIT-8 THRESHOLD)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import invoicing.tasks
from customers.models import Account
from customers.operations import IdentifierInput
from invoicing import operations
from invoicing.choices import RunKind, RunState
from invoicing.models import BillRun, BillRunAccount, InterimBill, Invoice
from invoicing.operations import CannotStartRun
from tests.apps.catalog.attacks import refused
from tests.apps.invoicing.company import Company, add, documents, noon, person, use
from tests.apps.invoicing.limited import TIERS, post_run, sold

pytestmark = pytest.mark.django_db
D = Decimal
JAN, FEB = date(2027, 1, 1), date(2027, 2, 1)


def at(day: int) -> datetime:
    return datetime(2027, 1, day, 6, tzinfo=UTC)


def interim(company: Company, day: int) -> list[BillRun]:
    """Look once, and carry what was started to its end."""
    runs = operations.start_interims(as_of=at(day))
    for run in runs:
        post_run(company, run)
    return runs


def nets(payer: Account) -> list[str]:
    return [net for _, net, _ in documents(payer)]


def test_interims_and_the_run_of_the_cycle_come_to_that_run_alone(company: Company) -> None:
    """Ada reaches 10.00 twice, Ben never: 200 cost both 15.00, beside the rent of two months."""
    ada, ben = sold(company, "Ada", "Ben")
    for one in (ada, ben):
        use(one, date(2027, 1, 3), "90" if one is ada else "60")
    assert interim(company, 5) == []  # 9.00 is below 10.00
    use(ada, date(2027, 1, 6), "50")
    (run,) = interim(company, 8)
    assert (run.kind, BillRun.objects.get(pk=run.pk).state) == (RunKind.INTERIM, RunState.CLOSED)
    assert [interim(company, day) for day in (8, 9)] == [[], []]
    use(ada, date(2027, 1, 20), "60")
    use(ben, date(2027, 1, 20), "140")
    company.bill(FEB)
    assert nets(ada.account) == ["12.00", "43.00"]
    assert nets(ben.account) == ["55.00"]
    told = InterimBill.objects.get()
    assert (told.payer, told.worth, told.threshold) == (ada.account, D(12), D(10))
    origins = (
        Invoice.objects.filter(payer=ada.account).order_by("id").values_list("origin", flat=True)
    )
    assert list(origins) == ["INTERIM", "CYCLE"]


def test_usage_of_today_waits_until_the_day_is_over(company: Company) -> None:
    (ada,) = sold(company, "Ada")
    use(ada, date(2027, 1, 6), "500")
    assert interim(company, 6) == []
    assert len(interim(company, 7)) == 1


def test_accounts_of_a_payer_reach_the_limit_together(company: Company) -> None:
    """60 and 70 by one counter are 11.50; neither alone reaches 10.00."""
    charge = {"code": "CALLS", "name": "Calls", "kind": "USAGE", "price_model": "GRADUATED"}
    limit = {"timing": "THRESHOLD", "thresholds": {"EUR": "10"}, "counter_scope": "PAYER"}
    version = company.offer("PLAN", {**charge, "tiers": TIERS, **limit})
    payer = company.payer()
    owners = (payer, company.payer("Child", parent=payer))
    for place, (owner, used) in enumerate(zip(owners, ("60", "70"), strict=True)):
        number = IdentifierInput(type="MSISDN", value=f"+4930999{place}")
        use(add(owner, version, JAN, identifiers=(number,)), date(2027, 1, 3), used)
    interim(company, 5)
    assert nets(payer) == ["11.50"]
    assert InterimBill.objects.get().worth == D("11.50")


def test_who_is_in_a_run_already_waits_for_the_next_look(company: Company) -> None:
    (ada,) = sold(company, "Ada")
    use(ada, date(2027, 1, 3), "200")
    (run,) = operations.start_interims(as_of=at(5))
    assert operations.start_interims(as_of=at(6)) == []
    operations.continue_run(run_id=run.pk)
    operations.cancel_run(run_id=run.pk, actor=company.clerk, reason="not today")
    assert operations.start_interims(as_of=at(5)) == []
    assert len(interim(company, 6)) == 1


def test_the_clock_looks_with_one_statement_where_nothing_is_sold_so(
    company: Company, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        assert invoicing.tasks.bill_limits(at(5)) == 0
    with pytest.raises(CannotStartRun, match="starts by itself"):
        operations.start_run(
            cycle=company.cycle, bill_date=FEB, cutoff_at=noon(FEB), actor=company.clerk,
            kind=RunKind.INTERIM,
        )  # fmt: skip


def test_why_it_was_billed_is_kept_and_listed(company: Company, client: Client) -> None:
    (ada,) = sold(company, "Ada")
    use(ada, date(2027, 1, 3), "200")
    interim(company, 5)
    table = "invoicing_interimbill"
    for attack in (f"UPDATE {table} SET worth = 11", f"DELETE FROM {table}"):
        assert refused(attack) == f"{table}_is_append_only"
    columns = "run_id, payer_id, charge_id, on_date, period_start, currency, worth, threshold"
    given = "run_id, payer_id, charge_id, {}, period_start, currency, {}, {}"
    for values, guard in (
        (("on_date", "worth", "threshold"), "once_a_day"),
        (("on_date + 1", "1", "threshold"), "reached_its_limit"),
        (("on_date + 1", "0", "0"), "reached_its_limit"),
        (("on_date + 1", "10.001", "threshold"), "worth_is_money"),
    ):
        attack = f"INSERT INTO {table} ({columns}) SELECT {given.format(*values)} FROM {table}"
        assert refused(attack) == f"{table}_{guard}"
    client.force_login(person("reader", "view_billrun"))
    page = client.get(reverse("invoicing:interims"))
    assert "PLAN/1/CALLS" in page.content.decode()
    assert [(one.amount, one.currency) for one in page.context["totals"]] == [(D(15), "EUR")]
    client.force_login(person("nobody"))
    assert client.get(reverse("invoicing:interims")).status_code == 403
    assert not BillRunAccount.objects.filter(is_open=True).exists()
