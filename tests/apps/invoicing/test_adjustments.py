"""Waived or reduced before the bill: a discount of one period or one bill (ADJ-1, J11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

import customers.operations
import foundation.integrity
import invoicing.operations
import invoicing.queries
from audit.models import ApprovalPolicy, ApprovalRequest, BusinessEvent
from catalog.models import OfferVersion
from customers.models import Account, GrantedDiscount, Subscription
from customers.operations import CannotGrantDiscount, IdentifierInput
from foundation.errors import Forbidden
from invoicing.models import BillRunAccount, Invoice
from invoicing.operations import Adjustment, CannotAdjustBill, Piece
from tests.apps.customers import build
from tests.apps.invoicing.company import START, Company, add, documents, lines, terminate, use
from tests.apps.invoicing.test_commitments import commit
from tests.apps.invoicing.test_discounts import discount, give
from tests.apps.invoicing.test_document_api import post
from tests.apps.invoicing.test_document_pages import staff
from tests.attacks import refused_by

pytestmark = pytest.mark.django_db
D = Decimal
FEB, MAR = date(2027, 2, 1), date(2027, 3, 1)
MID = date(2027, 1, 20)
ALL = D(1)


@pytest.fixture
def sub(company: Company) -> Subscription:
    """A fee of 20.00 once, 31.00 a month in advance; nothing is billed yet."""
    offer = company.offer(
        "PLAN",
        {"price": D(20), "kind": "ONE_TIME", "code": "FEE"},
        {"price": D(31), "code": "RENT"},
    )
    return add(company.payer(), offer)


def piece(sub: Subscription, code: str, as_of: date = START) -> Piece:
    invoice = invoicing.operations.next_invoice(account_id=sub.account_id, as_of=as_of)
    charge = sub.charges.get(charge__code=code)
    return invoicing.operations.piece_of(invoice, charge.pk)


def adjust(
    sub: Subscription,
    asked: Adjustment,
    actor: User | None = None,
    as_of: date = START,
    **more: Any,
) -> GrantedDiscount:
    return invoicing.operations.adjust_next_bill(
        account=sub.account, asked=asked, as_of=as_of, actor=actor,
        **{"reason_code": "GOODWILL", "comment": "Late engineer", **more},
    )  # fmt: skip


def waive(sub: Subscription, code: str, actor: User | None = None, **more: Any) -> GrantedDiscount:
    asked = Adjustment(piece(sub, code, more.get("as_of", START)), share=ALL)
    return adjust(sub, asked, actor, **more)


def only(account: Account) -> Invoice:
    return Invoice.objects.get(payer=account, state="POSTED")


def test_adj1_a_fee_is_waived_before_the_bill(company: Company, sub: Subscription) -> None:
    """20.00 less 20.00; the rent of 31.00 stays: 36.89 with 19 %, and nothing the month after."""
    asked = Adjustment(piece(sub, "FEE"), share=ALL)
    seen = invoicing.operations.preview_adjustment(
        account=sub.account, asked=asked, as_of=START, actor=None
    )
    assert (seen.before.net, seen.after.net, seen.difference) == (D(51), D(31), D("-23.80"))
    assert not GrantedDiscount.objects.exists(), "a preview keeps nothing"
    grant = adjust(sub, asked)
    assert invoicing.operations.next_invoice(account_id=sub.account_id, as_of=START) == seen.after
    company.bill(START)
    assert lines(only(sub.account)) == [
        ("01.01.", "Charge 2", "31.00"),
        ("01.01.", "Charge 1", "20.00"),
        ("01.01.", "Adjustment: Charge 1", "-20.00"),
    ]
    assert grant.reason == "Goodwill: Late engineer"
    company.bill(FEB)
    assert documents(sub.account)[1:] == [("INVOICE", "31.00", "36.89")]
    for result in foundation.integrity.run_checks(invoicing.queries.INTEGRITY):
        assert result.is_green, result


@pytest.mark.parametrize(
    ("code", "terms", "left"),
    [
        ("RENT", {"share": D("0.5")}, "15.50"),
        ("RENT", {"amount": D(10)}, "21.00"),
        ("RENT", {"amount": D(100)}, "0.00"),
        ("", {"amount": D(10)}, "41.00"),
        ("", {"share": D("0.1")}, "45.90"),
    ],
)
def test_adj1_a_part_or_an_amount_off_a_charge_or_the_bill(
    company: Company, sub: Subscription, code: str, terms: dict[str, Decimal], left: str
) -> None:
    asked = Adjustment(piece(sub, code) if code else None, **terms)
    adjust(sub, asked)
    company.bill(START)
    (document,) = documents(sub.account)
    net = D(left) if not code else D(left) + 20
    assert D(document[1]) == net
    company.bill(FEB)
    assert documents(sub.account)[1][1] == "31.00", "once"


def test_it_is_taken_last(company: Company, sub: Subscription) -> None:
    """31.00 less the account's half is 15.50; 10.00 off leaves 5.50, and 10.00 of the fee."""
    half = discount(kind="PERCENT", level="ACCOUNT", value=D("0.5"))
    give(sub.account, half)
    adjust(sub, Adjustment(piece(sub, "RENT"), amount=D(10)))
    company.bill(START)
    assert documents(sub.account)[0][1] == "15.50"


def test_adj1_usage_that_is_waived_stays_waived_when_more_of_it_comes(company: Company) -> None:
    offer = company.offer("TALK", {"code": "CALLS", "kind": "USAGE", "price": D("0.1")})
    sub = add(company.payer(), offer, identifiers=[IdentifierInput("MSISDN", "15550")])
    use(sub, MID, "50")
    waive(sub, "CALLS", as_of=MID)
    use(sub, date(2027, 1, 25), "30")
    company.bill(FEB)
    (document,) = documents(sub.account) or [("", "0.00", "")]
    assert D(document[1]) == 0


def test_whoever_leaves_later_gets_back_what_was_paid(company: Company, sub: Subscription) -> None:
    """10.00 off the month's 31.00: fifteen days owe 15.00 less 10.00, so 16.00 go back."""
    adjust(sub, Adjustment(piece(sub, "RENT"), amount=D(10)))
    company.bill(START)
    terminate(sub, date(2027, 1, 16), date(2027, 1, 16))
    company.bill(FEB)
    assert [row[:2] for row in documents(sub.account)] == [
        ("INVOICE", "41.00"), ("CREDIT_NOTE", "16.00"),
    ]  # fmt: skip


def test_it_can_be_taken_back_until_the_bill_is_posted(
    company: Company, sub: Subscription
) -> None:
    grant = waive(sub, "FEE")
    account = [sub.account_id]
    (waiting,) = invoicing.queries.adjustments_waiting(account_ids=account, since=START)
    assert waiting == grant
    with pytest.raises(CannotGrantDiscount, match="of one bill"):
        customers.operations.end_discount(grant=grant, on_date=START, actor=None)
    invoicing.operations.take_adjustment_back(grant=grant, actor=None)
    assert not invoicing.queries.adjustments_waiting(account_ids=account, since=START)
    again = waive(sub, "FEE")
    company.bill(START)
    assert documents(sub.account)[0][1] == "31.00"
    assert not invoicing.queries.adjustments_waiting(account_ids=account, since=START)
    with pytest.raises(CannotAdjustBill, match=str(only(sub.account).number)):
        invoicing.operations.take_adjustment_back(grant=again, actor=None)
    assert BusinessEvent.objects.filter(topic="discount.ended").count() == 1


def test_a_draft_in_review_is_held_and_no_other(company: Company, sub: Subscription) -> None:
    """BR-7: who is found by the history alone is in tests/concurrency/test_overtaken_drafts.py."""
    other = add(company.payer("Bob"), OfferVersion.objects.get())
    run = company.start(START)
    waive(sub, "FEE")
    invoicing.operations.approve_run(run_id=run.pk, actor=company.boss)
    invoicing.operations.post_run(run_id=run.pk, actor=company.clerk)
    invoicing.operations.continue_run(run_id=run.pk)
    states = dict(BillRunAccount.objects.filter(run=run).values_list("payer_id", "state"))
    assert states == {sub.account_id: "HELD", other.account_id: "POSTED"}


def test_what_a_promise_lacks_is_no_charge_to_waive(company: Company, sub: Subscription) -> None:
    """Of the 100.00 that are promised 69.00 lack: the bill can be reduced, that line cannot."""
    commit(sub.account, "100")
    company.bill(START)
    invoice = invoicing.operations.next_invoice(account_id=sub.account_id, as_of=MID)
    lacking = [one for one in invoice.lines if one.text == "Least"]
    assert [one.piece for one in lacking] == [None]
    assert len(invoicing.operations.adjustable(invoice)) == 1
    assert adjust(sub, Adjustment(amount=D(5)), as_of=MID).state == "GRANTED"


def test_what_cannot_be_adjusted_is_refused(company: Company, sub: Subscription) -> None:
    rent = piece(sub, "RENT")
    for asked, words in (
        (Adjustment(rent), "one of them"),
        (Adjustment(rent, share=ALL, amount=D(5)), "one of them"),
        (Adjustment(rent, share=D(2)), "at most all"),
        (Adjustment(rent, amount=D("0.001")), "no amount in EUR"),
        (Adjustment(rent._replace(start=MAR), share=ALL), "does not charge that"),
    ):
        with pytest.raises(CannotAdjustBill, match=words):
            adjust(sub, asked)
    with pytest.raises(CannotAdjustBill, match="the reasons are"):
        adjust(sub, Adjustment(rent, share=ALL), reason_code="NONE")
    with pytest.raises(Forbidden):
        adjust(sub, Adjustment(rent, share=ALL), build.user("nobody", is_superuser=False))
    adjust(sub, Adjustment(rent, share=ALL))
    with pytest.raises(CannotGrantDiscount):
        adjust(sub, Adjustment(rent, share=ALL))


def test_a_bill_of_a_payer_leaves_those_below_it_alone(
    company: Company, sub: Subscription
) -> None:
    child = company.payer(
        "Kid", parent=sub.account, role="PAYER", cycle_code="C1", currency="EUR",
        entity=company.entity, billing_address=company.address(),
    )  # fmt: skip
    add(child, OfferVersion.objects.get())
    adjust(sub, Adjustment(amount=D(10)))
    company.bill(START)
    assert (documents(sub.account)[0][1], documents(child)[0][1]) == ("41.00", "51.00")


GRANT = "customers_granteddiscount"


COPY = (
    f"INSERT INTO {GRANT} (account_id, discount_id, valid, state, reason, value, "
    "subscription_charge_id) SELECT account_id, discount_id, valid, state, reason, "
)


@pytest.mark.parametrize(
    ("attack", "guard"),
    [
        (f"UPDATE {GRANT} SET value = 0.5", "kept"),
        (f"UPDATE {GRANT} SET subscription_charge_id = NULL", "kept"),
        (f"UPDATE {GRANT} SET valid = daterange(lower(valid), NULL)", "value_of_one_bill"),
        (f"{COPY} 2, NULL FROM {GRANT}", "value_fits"),
        (f"{COPY} 0, NULL FROM {GRANT}", "value_of_one_bill"),
        (f"{COPY} value, subscription_charge_id FROM {GRANT}", "same_money"),
    ],
)
def test_an_adjustment_is_kept_as_it_was_made(sub: Subscription, attack: str, guard: str) -> None:
    waive(sub, "FEE")
    assert refused_by(attack) == f"{GRANT}_{guard}"


def test_the_value_of_an_adjustment_is_a_number(sub: Subscription) -> None:
    adjust(sub, Adjustment(amount=D(5)))
    copy = f"{COPY} 'NaN', NULL FROM {GRANT}"
    assert refused_by(copy) == f"{GRANT}_value_is_number"


@pytest.fixture
def desk(sub: Subscription) -> Iterator[Client]:
    """Log in as somebody with the right alone, on the first of January."""
    ApprovalPolicy.objects.create(
        action="customers.approve_discount", currency="EUR", free_up_to=D(25)
    )
    with time_machine.travel(datetime(2027, 1, 1, 9, tzinfo=UTC), tick=False):
        yield staff("desk", "invoicing.view_invoice", "customers.adjust_next_bill")


def test_a_clerk_waives_a_line_and_takes_it_back(sub: Subscription, desk: Client) -> None:
    at = [sub.account_id]
    page = desk.get(reverse("invoicing:account_next", args=at)).content.decode()
    fee = f"?what={piece(sub, 'FEE').charge}%402027-01-01"
    assert "Waive or reduce" in page
    assert "Adjust the bill" in page
    assert fee in page
    form = desk.get(reverse("invoicing:adjust_bill", args=at) + fee).content.decode()
    assert 'value="100"' in form, "a line is waived unless something else is typed"
    given = {"what": str(piece(sub, "FEE")), "percent": "100"}
    shown = desk.post(reverse("invoicing:adjust_bill", args=at), given)
    confirm = desk.get(shown["Location"]).content.decode()
    assert "20.00" in confirm
    assert "Up to 25.00 EUR" in confirm
    assert not GrantedDiscount.objects.exists()
    made = desk.post(shown["Location"], {**given, "reason_code": "GOODWILL", "comment": "Sorry"})
    page = desk.get(made["Location"]).content.decode()
    assert "Goodwill: Sorry" in page
    grant = GrantedDiscount.objects.get()
    back = reverse("invoicing:take_adjustment_back", args=[grant.pk])
    assert "100 %" in desk.get(back).content.decode()
    assert desk.post(back)["Location"] == reverse("invoicing:account_next", args=at)
    grant.refresh_from_db()
    assert grant.state == "WITHDRAWN"


def test_the_form_says_what_is_wrong(sub: Subscription, desk: Client) -> None:
    form = reverse("invoicing:adjust_bill", args=[sub.account_id])
    answer = desk.post(form, {"what": "", "percent": "", "amount": ""})
    assert answer.status_code == 422
    assert "Say a percentage or an amount" in answer.content.decode()
    answer = desk.post(form, {"what": "", "percent": "50", "amount": ""})
    above = desk.post(answer["Location"], {"percent": "100", "reason_code": "GOODWILL"})
    page = desk.get(above["Location"]).content.decode()
    assert "Pending" in page
    grant = GrantedDiscount.objects.get()
    assert grant.state == "PENDING", "51.00 is more than 25.00"
    boss = staff("second", "audit.view_approvalrequest")
    inbox = boss.get(reverse("console:approvals")).content.decode()
    assert f"discount given to {sub.account.number}" in inbox
    back = reverse("invoicing:take_adjustment_back", args=[grant.pk])
    assert back in page
    assert "asked no more" in desk.get(back).content.decode()
    page = desk.get(desk.post(back)["Location"]).content.decode()
    assert back not in page
    grant.refresh_from_db()
    assert (grant.state, ApprovalRequest.objects.get().state) == ("WITHDRAWN", "WITHDRAWN")


def test_machines_preview_make_and_take_back(sub: Subscription, desk: Client) -> None:
    asked = {
        "account": sub.account.number, "subscription": sub.number, "charge": "FEE",
        "amount": {"amount": "5.00", "currency": "EUR"},
    }  # fmt: skip
    api = "/api/v1/bill-adjustments/"
    _, seen = post(desk, f"{api}preview/", asked)
    assert seen["difference"] == {"amount": "-5.95", "currency": "EUR"}
    status, made = post(desk, api, {**asked, "reason_code": "GOODWILL"})
    assert (status, made["charge"], made["state"]) == (201, "FEE", "GRANTED")
    _, back = post(desk, f"{api}{made['id']}/take-back/", {})
    assert back["state"] == "WITHDRAWN"
    above = {**asked, "charge": "RENT", "amount": {"amount": "30.00", "currency": "EUR"}}
    _, made = post(desk, api, {**above, "reason_code": "GOODWILL"})
    assert made["state"] == "PENDING"
    _, back = post(desk, f"{api}{made['id']}/take-back/", {})
    assert back["state"] == "WITHDRAWN"
    _, wrong = post(desk, f"{api}preview/", {**asked, "charge": "NONE"})
    assert wrong["rule"] == "UNKNOWN"
