"""Balances of money: sold, drawn by documents, expired, paid back (ENT-2, ENT-9, COM-3, J25)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.urls import reverse

import foundation.integrity
import invoicing.operations
import invoicing.queries
import ledger.queries
import rating.operations
import rating.queries
import receivables.queries
from catalog.models import Charge
from customers.models import Account
from foundation import clock
from foundation.errors import Forbidden
from invoicing.models import Invoice
from invoicing.operations import CannotCredit, CannotPayBack, CannotSellBalance
from ledger.models import JournalEntry
from rating.models import BalanceBucket, BalanceMovement
from rating.operations import CannotTake
from receivables.models import OpenItem
from tests.apps.invoicing.company import START, Company, add, person

pytestmark = pytest.mark.django_db
D = Decimal
FEB, MAR, APR = (date(2027, month, 1) for month in (2, 3, 4))


def instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=1)  # Berlin


@pytest.fixture
def payer(company: Company) -> Account:
    """Pays 100.00 a month and 19 % VAT."""
    account = company.payer()
    add(account, company.offer("SEAT", {"price": D("100.00")}))
    return account


def sell(payer: Account, amount: str, **more: Any) -> BalanceBucket:
    given = {
        "starts": instant(START), "ends": None, "name": "Prepaid", "on_date": START,
        "actor": None, **more,
    }  # fmt: skip
    return invoicing.operations.sell_balance(account=payer, amount=D(amount), **given)


def books(source: str = "invoicing.invoice", **of: Any) -> dict[str, Decimal]:
    """Return debit less credit by account."""
    sums: dict[str, Decimal] = {}
    for entry in JournalEntry.objects.filter(source_type=source, **of):
        for line in entry.lines.select_related("account"):
            number = line.account.number
            sums[number] = sums.get(number, D(0)) + line.debit - line.credit
    return {number: amount for number, amount in sums.items() if amount}


def figures(payer: Account) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Return total, prepaid and payable of the invoices of runs."""
    rows = Invoice.objects.filter(payer=payer, run_id__isnull=False).order_by("id")
    return list(rows.values_list("total", "prepaid", "payable"))


def is_green() -> None:
    checks = (
        *invoicing.queries.INTEGRITY, *receivables.queries.INTEGRITY, *ledger.queries.INTEGRITY,
        *rating.queries.INTEGRITY,
    )  # fmt: skip
    for result in foundation.integrity.run_checks(checks):
        assert result.is_green, result


def test_j4_a_sale_is_owed_to_the_customer_and_no_revenue(payer: Account) -> None:
    sold = sell(payer, "500.00")
    memo = Invoice.objects.get(doc_type="DEBIT_NOTE")
    assert (memo.total, memo.tax, memo.payable) == (D(500), D(0), D(500))
    assert books() == {"1100": D(500), "2140": D(-500)}
    assert JournalEntry.objects.get().event == "J4"
    assert (sold.remaining, sold.consideration, sold.source) == (D(500), D(500), "TOPUP")
    assert BalanceMovement.objects.get(bucket=sold).document_id == memo.pk
    is_green()


def test_j25_invoices_draw_it_tax_included_until_it_is_used_up(
    company: Company, payer: Account
) -> None:
    """INV-2: 119.00 a month out of 200.00: one month is covered, of the next 81.00."""
    sold = sell(payer, "200.00")
    company.bill(START)
    company.bill(FEB)
    assert figures(payer) == [(D(119), D(119), D(0)), (D(119), D(81), D(38))]
    first, second = Invoice.objects.filter(run_id__isnull=False).order_by("id")
    assert books(source_id=first.pk) == {"2140": D(119), "2200": D(-19), "2400": D(-100)}
    assert books(source_id=second.pk) == {
        "1100": D(38), "2140": D(81), "2200": D(-19), "2400": D(-100),
    }  # fmt: skip
    assert first.number, "a document that is paid in advance is issued"
    assert [one.open for one in OpenItem.objects.filter(source_id=second.pk)] == [D(38)]
    sold.refresh_from_db()
    assert sold.remaining == 0
    assert rating.queries.payments_of(second.pk) == [(sold, D(81))]
    company.bill(MAR)
    assert figures(payer)[2] == (D(119), D(0), D(119))
    is_green()


def test_com3_a_commitment_paid_in_advance_pays_its_window_and_no_more(
    company: Company, payer: Account
) -> None:
    """COM-3: 1,000.00 for January and February; what is left is breakage, March is owed."""
    sell(payer, "1000.00", ends=instant(MAR), name="Commitment")
    for day in (START, FEB, MAR):
        company.bill(day)
    assert [row[1] for row in figures(payer)] == [D(119), D(119), D(0)]
    settled = rating.operations.settle_balances(as_of=instant(date(2027, 6, 20)))
    assert settled.closed == 1
    sold = BalanceBucket.objects.get()
    assert sold.remaining == 0
    assert books("rating.balancebucket") == {"2140": D(762), "4500": D(-762)}
    assert rating.operations.settle_balances(as_of=instant(date(2027, 6, 20))).closed == 0
    is_green()


def test_a_balance_waits_for_what_is_billed_late_of_its_days(
    company: Company, payer: Account
) -> None:
    """ENT-1: the document of May still bills February."""
    sell(payer, "1000.00", ends=instant(MAR))
    rating.operations.settle_balances(as_of=instant(date(2027, 5, 1)))
    company.bill(date(2027, 5, 1))
    total, prepaid, _ = figures(payer)[0]
    assert total == D(476)
    assert prepaid == D(119)
    is_green()


def test_ent2_what_is_given_and_what_ends_earlier_is_used_first(
    company: Company, payer: Account
) -> None:
    """ENT-9 NONE: a bonus of 30.00 is goodwill when it is used."""
    lasting = sell(payer, "500.00")
    sell(payer, "100.00", ends=instant(APR), bonus=D("30.00"), name="Spring")
    company.bill(START)
    drawn = {one.name: amount for one, amount in rating.queries.payments_of(_first().pk)}
    assert drawn == {"Spring (bonus)": D(30), "Spring": D(89)}
    assert books(source_id=_first().pk) == {
        "2140": D(89), "4800": D(30), "2200": D(-19), "2400": D(-100),
    }  # fmt: skip
    lasting.refresh_from_db()
    assert lasting.remaining == D(500)
    is_green()


def _first() -> Invoice:
    return Invoice.objects.filter(run_id__isnull=False).earliest("id")


def test_ent9_proportional_the_price_is_spread_over_all_of_it(
    company: Company, payer: Account
) -> None:
    """119.00 of 120.00 sold for 100.00 carry 99.17; the last 1.00 carries 0.83."""
    sell(payer, "100.00", bonus=D("20.00"), bonus_policy="PROPORTIONAL")
    company.bill(START)
    assert books(source_id=_first().pk)["2140"] == D("99.17")
    assert books(source_id=_first().pk)["4800"] == D("19.83")
    company.bill(FEB)
    assert books()["1100"] == D("218.00")
    assert "2140" not in books(), "what was paid is used up to the last cent"
    is_green()


def test_usage_alone_can_be_paid_for(company: Company) -> None:
    """ENT-1: money for one usage type pays nothing else."""
    account = company.payer()
    add(account, company.offer("SEAT", {"price": D("100.00")}))
    company.voice()
    sell(account, "500.00", usage_type="VOICE")
    company.bill(START)
    assert figures(account) == [(D(119), D(0), D(119))]
    assert not Charge.objects.filter(usage_type__isnull=False).exists()
    is_green()


def test_a_draft_whose_balance_was_paid_back_is_held(company: Company, payer: Account) -> None:
    """BR-7: what a draft says that a balance pays is drawn as it said, or not at all."""
    sold = sell(payer, "200.00")
    run = company.start(START)
    assert Invoice.objects.get(run_id=run.pk).prepaid == D(119)
    invoicing.operations.pay_back_balance(
        bucket_id=sold.pk, fee=D(0), reason="Bought by mistake", on_date=START, actor=None
    )
    invoicing.operations.approve_run(run_id=run.pk, actor=company.boss)
    invoicing.operations.post_run(run_id=run.pk, actor=company.clerk)
    invoicing.operations.continue_run(run_id=run.pk)
    assert Invoice.objects.get(run_id=run.pk).state == "DISCARDED"
    assert not BalanceMovement.objects.filter(kind="CONSUME").exists()
    is_green()


def test_j27_what_is_left_is_paid_back_less_a_fee(company: Company, payer: Account) -> None:
    sold = sell(payer, "200.00")
    company.bill(START)
    with pytest.raises(CannotPayBack):
        _pay_back(sold, "81.00")
    _pay_back(sold, "10.00")
    assert books("rating.balancebucket") == {"2140": D(81), "2100": D(-71), "4400": D(-10)}
    credit = OpenItem.objects.get(source_type="rating.balancebucket", source_id=sold.pk)
    assert (credit.side, credit.open) == ("C", D(71))
    with pytest.raises(CannotTake):
        _pay_back(sold, "0")
    company.bill(FEB)
    assert figures(payer)[1] == (D(119), D(0), D(119))
    is_green()


def _pay_back(sold: BalanceBucket, fee: str) -> None:
    invoicing.operations.pay_back_balance(
        bucket_id=sold.pk, fee=D(fee), reason="The line is given up", on_date=FEB, actor=None
    )


def test_who_may_not_and_what_makes_no_sense_is_refused(company: Company, payer: Account) -> None:
    clerk = person("nobody")
    with pytest.raises(Forbidden):
        sell(payer, "10.00", actor=clerk)
    for amount, bonus in (("0", "0"), ("-1", "0"), ("10.001", "0"), ("10", "-1")):
        with pytest.raises(CannotSellBalance):
            sell(payer, amount, bonus=D(bonus))
    sold = sell(payer, "10.00")
    memo = Invoice.objects.get(doc_type="DEBIT_NOTE")
    maker: User = person("maker", "request_credit")
    with pytest.raises(CannotCredit, match="pay the balance back"):
        invoicing.operations.request_credit(
            invoice_id=memo.pk, scope="FULL", reason_code="GOODWILL", requester=maker,
            on_date=FEB,
        )  # fmt: skip
    with pytest.raises(CannotTake, match="paid back"):
        rating.operations.take_balance(
            bucket_id=sold.pk, quantity=D(1), reason="By mistake", actor=None
        )
    assert sold.valid == DateTimeTZRange(instant(START), None)


def test_given_money_pays_and_is_goodwill(company: Company, payer: Account) -> None:
    rating.operations.give_money(
        account=payer, amount=D("19.00"), starts=instant(START), ends=None, name="Sorry",
        reason="A week without service", actor=None,
    )  # fmt: skip
    company.bill(START)
    assert figures(payer) == [(D(119), D(19), D(100))]
    assert books() == {"1100": D(100), "4800": D(19), "2200": D(-19), "2400": D(-100)}
    is_green()


def test_a_balance_is_sold_and_paid_back_on_pages(
    client: Client, company: Company, payer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda zone: START)
    user = User.objects.create_superuser("seller", password="x")
    client.force_login(user)
    address = reverse("invoicing:sell_balance", args=[payer.pk])
    assert f'value="{START.isoformat()}"' in client.get(address).content.decode(), "proposed"
    answer = client.post(
        address,
        {"amount": "500", "bonus": "", "starts": "2027-01-01", "ends": "2027-12-31",
         "name": "Year 2027", "usage_type": "", "bonus_policy": "NONE"},
    )  # fmt: skip
    sold = BalanceBucket.objects.get()
    page = reverse("rating:balance", args=[sold.pk])
    assert answer["Location"] == page
    assert sold.valid.upper.isoformat() == "2027-12-31T23:00:00+00:00"
    company.bill(START)
    text = client.get(page).content.decode()
    assert reverse("invoicing:invoice", args=[_first().pk]) in text
    assert "all that is billed" in text
    assert "381.00" in text, "left after the first bill, as money is written"
    for address in (
        reverse("invoicing:invoice", args=[_first().pk]),
        reverse("invoicing:line", args=[_first().lines.get().pk]),
    ):
        text = client.get(address).content.decode()
        assert "Year 2027: 119.00 EUR" in text
        assert page in text
    shown = client.get(reverse("invoicing:account_next", args=[payer.pk])).content.decode()
    assert "Paid in advance" in shown
    client.post(
        reverse("invoicing:pay_back_balance", args=[sold.pk]),
        {"fee": "1.00", "reason": "Gave up the line"},
    )
    assert OpenItem.objects.get(side="C").open == D("380.00")
    assert (
        "Sell a balance"
        in client.get(reverse("rating:account_balances", args=[payer.pk])).content.decode()
    )
    is_green()


def test_money_is_given_on_a_page_by_who_may_adjust(client: Client, payer: Account) -> None:
    address = reverse("rating:money_give", args=[payer.pk])
    balances = reverse("rating:account_balances", args=[payer.pk])
    user = User.objects.create_superuser("giver", password="x")
    client.force_login(user)
    assert address in client.get(balances).content.decode()
    assert "goodwill" in client.get(address).content.decode()
    answer = client.post(
        address,
        {"amount": "19", "usage_type": "", "starts": "2027-01-01", "ends": "2027-01-31",
         "name": "Sorry", "reason": "A week without service"},
    )  # fmt: skip
    made = BalanceBucket.objects.get()
    assert answer["Location"] == reverse("rating:balance", args=[made.pk])
    assert (made.source, made.remaining, made.currency) == ("PROMO", D(19), "EUR")
    assert made.valid.upper.isoformat() == "2027-01-31T23:00:00+00:00"
    page = client.get(reverse("rating:balance", args=[made.pk])).content.decode()
    assert "Take money" in page
    assert "A week without service" in page
    seller = User.objects.create_user("seller", is_staff=True)
    client.force_login(seller)
    assert client.get(address).status_code == 403
    assert client.post(address, {"amount": "19"}).status_code == 403
    is_green()
