"""A draft is posted only while the documents of its payer would be the same (BR-7).

Every change below is committed by itself between review and posting, so the row history tells it
apart from what the drafts have seen. Each payer meets one change.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Final

import pytest
from django.db import connection

import customers.operations
import invoicing.operations
from customers.choices import AddressRole
from customers.models import Account, GrantedDiscount, Subscription
from customers.operations import AddressInput, IdentifierInput
from invoicing.choices import AccountState, ItemKind, RunState
from invoicing.models import BillRun, BillRunAccount, ChargeItem
from invoicing.operations import Adjustment, workers
from invoicing.operations.frame import Frame
from invoicing.operations.posting import suspects
from tests.apps.invoicing.company import add, modify, terminate
from tests.attacks import raw
from tests.concurrency.street import BILL_DATE, Street, require_green

D = Decimal
DAY: Final = date(2027, 1, 20)
FAR: Final = date(2027, 12, 1)


def line(payer: Account) -> Subscription:
    return Subscription.objects.get(account=payer)


def rename(payer: Account) -> None:
    raw(f"UPDATE customers_customer SET legal_name = 'Renamed' WHERE id = {payer.customer_id}")


def order_number(payer: Account) -> None:
    raw(f"UPDATE customers_account SET po_number = 'PO-9' WHERE id = {payer.pk}")


def town(payer: Account) -> None:
    raw(
        "UPDATE customers_address SET town = 'Elsewhere' WHERE id IN "
        f"(SELECT address_id FROM customers_accountaddress WHERE account_id = {payer.pk})"
    )


def house(payer: Account) -> None:
    home = payer.address_uses.get().address
    customers.operations.set_address(
        account=payer,
        role=AddressRole.BILLING,
        address=AddressInput(
            town="Hill", country="AV", line1="Street 2", jurisdiction=home.jurisdiction
        ),
        valid_from=DAY,
        actor=None,
    )


def more_seats(payer: Account) -> None:
    modify(line(payer), DAY, BILL_DATE, quantity=D(3))


def an_end(payer: Account) -> None:
    terminate(line(payer), DAY, BILL_DATE)


def segment_by_hand(payer: Account) -> None:
    raw(
        "UPDATE customers_chargesegment SET quantity = 2 WHERE subscription_charge_id IN "
        f"(SELECT id FROM customers_subscriptioncharge WHERE account_id = {payer.pk})"
    )


def anchor_by_hand(payer: Account) -> None:
    raw(
        "UPDATE customers_subscriptioncharge SET anchor = anchor + 3 "
        f"WHERE account_id = {payer.pk}"
    )


def item_by_hand(payer: Account) -> None:
    ChargeItem.objects.create(
        payer_id=payer.pk, account_id=payer.pk, kind=ItemKind.ONE_TIME, currency="EUR",
        quantity=D(1), amount_exact=D(5), amount=D(5), text="Visit", tax_category="STANDARD",
        gl_code="SERVICE", period_start=DAY, period_end=BILL_DATE, segment_start=DAY,
        segment_end=BILL_DATE,
    )  # fmt: skip


def waived(payer: Account) -> GrantedDiscount:
    return invoicing.operations.adjust_next_bill(
        account=payer, asked=Adjustment(share=D(1)), reason_code="GOODWILL", as_of=DAY, actor=None
    )


def nothing(payer: Account) -> None:
    """Change nothing."""


def touch(payer: Account) -> None:
    raw(f"UPDATE customers_account SET updated_at = now() WHERE id = {payer.pk}")


def there_and_back(payer: Account) -> None:
    for quantity in (4, 1):
        raw(
            f"UPDATE customers_chargesegment SET quantity = {quantity} "
            "WHERE subscription_charge_id IN "
            f"(SELECT id FROM customers_subscriptioncharge WHERE account_id = {payer.pk})"
        )


def served_elsewhere(payer: Account) -> None:
    raw(
        "UPDATE customers_subscription SET service_address_id = (SELECT address_id "
        f"FROM customers_accountaddress WHERE account_id = {payer.pk}) "
        f"WHERE account_id = {payer.pk}"
    )


def next_winter(payer: Account) -> None:
    modify(line(payer), FAR, BILL_DATE, quantity=D(9))


OVERTAKEN: Final = (
    rename, order_number, town, house, more_seats, an_end, segment_by_hand, item_by_hand,
    waived,
)  # fmt: skip
STILL_GOOD: Final = (
    nothing, touch, anchor_by_hand, there_and_back, served_elsewhere, next_winter,
)  # fmt: skip
Change = Callable[[Account], object]


class Overtaken:
    """A run in review; each payer meets a change, one family a move from payer to payer."""

    def __init__(self) -> None:
        street = self.street = Street()
        self.cycle = street.cycle("C9", len(OVERTAKEN) + len(STILL_GOOD) + 2)
        payers = list(Account.objects.filter(cycle_code="C9").order_by("pk"))
        self.old, self.new = payers.pop(), payers.pop()
        self.child = street.company.payer("Kid", parent=self.old, opened_on=date(2027, 1, 5))
        number = IdentifierInput("MSISDN", "1555999")
        add(self.child, street.offer, date(2027, 1, 5), identifiers=[number])
        self.met: dict[int, Change] = {
            payer.pk: change for payer, change in zip(payers, OVERTAKEN + STILL_GOOD, strict=True)
        }
        grant = waived(payers[0])  # the discount that adjustments are of exists from now on
        invoicing.operations.take_adjustment_back(grant=grant, actor=None)
        run = street.start(self.cycle)
        run = invoicing.operations.continue_run(run_id=run.pk)
        assert run.state == RunState.IN_REVIEW, run.error
        self.run: BillRun = run

    def change(self) -> None:
        for payer, change in self.met.items():
            change(Account.objects.get(pk=payer))
        customers.operations.move_account(
            account=Account.objects.get(pk=self.child.pk),
            parent=self.new,
            on_date=BILL_DATE,
            as_of=BILL_DATE,
            actor=None,
        )

    def post(self) -> set[str]:
        """Approve, post and close the run; return who was held."""
        company = self.street.company
        invoicing.operations.approve_run(run_id=self.run.pk, actor=company.boss)
        invoicing.operations.post_run(run_id=self.run.pk, actor=company.clerk)
        run = invoicing.operations.continue_run(run_id=self.run.pk)
        assert run.state == RunState.CLOSED, run.error
        held = BillRunAccount.objects.filter(run=run, state=AccountState.HELD)
        return {self._name(payer) for payer in held.values_list("payer_id", flat=True)}

    def _name(self, payer: int) -> str:
        if payer in self.met:
            return self.met[payer].__name__
        return "old payer" if payer == self.old.pk else "new payer"


@pytest.mark.django_db(transaction=True)
def test_a_payer_whose_documents_would_be_others_is_held_and_no_one_else() -> None:
    """BR-7: a change that makes no difference, or is taken back, holds nobody."""
    overtaken = Overtaken()
    overtaken.change()
    expected = {change.__name__ for change in OVERTAKEN} | {"old payer", "new payer"}
    assert overtaken.post() == expected
    require_green()


@pytest.mark.django_db(transaction=True)
def test_only_payers_whom_the_history_names_are_calculated_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a suspicion a draft is posted as it stands, whatever has become of its inputs."""
    overtaken = Overtaken()
    frame = Frame(overtaken.run, overtaken.cycle)
    assert suspects(overtaken.run, frame) == frozenset()
    overtaken.change()
    frame = Frame(overtaken.run, overtaken.cycle)
    named = suspects(overtaken.run, frame) or frozenset()
    still = {payer for payer, change in overtaken.met.items() if change is nothing}
    assert named == {*overtaken.met, overtaken.old.pk, overtaken.new.pk} - still
    monkeypatch.setattr(workers, "suspects", lambda *_: frozenset())
    assert overtaken.post() == set()


@pytest.mark.django_db(transaction=True)
def test_a_run_that_counts_other_transactions_suspects_everybody() -> None:
    """Restored from another server's backup, or begun by an older version: compare all."""
    overtaken = Overtaken()
    everybody = frozenset({*overtaken.met, overtaken.old.pk, overtaken.new.pk})
    frame = Frame(overtaken.run, overtaken.cycle)
    for seen in ("2000000000000:2000000000000:", ""):
        overtaken.run.inputs_snapshot = seen
        assert suspects(overtaken.run, frame) == everybody
    overtaken.run.inputs_stamp = "of other tables"
    assert suspects(overtaken.run, frame) is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM invoicing_billrunaccount")
        assert cursor.fetchone()[0] == len(everybody)
