"""Numbers without gaps, and a close against postings under way, on real connections."""

from __future__ import annotations

import random
import time
from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction

import audit.operations
from ledger import operations, queries
from ledger.choices import PeriodState
from ledger.models import AccountingPeriod, JournalEntry, LegalEntity, NumberSeries
from ledger.operations import EntryLine
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


def entity() -> LegalEntity:
    return operations.ensure_entity(
        code="EU",
        name="Larkfield EU",
        country="AV",
        functional_currency="EUR",
        time_zone="Europe/Berlin",
        books_from=date(2027, 1, 1),
    )


class Abort(Exception):
    """The posting that drew the numbers fails."""


def test_inv_1_eight_writers_with_aborts_leave_no_gap():
    eu = entity()

    def draw(seed: int) -> list[str]:
        chance, kept = random.Random(seed), []
        for _ in range(40):
            try:
                with transaction.atomic():
                    numbers = operations.draw_numbers(
                        entity_id=eu.pk,
                        doc_type="INVOICE",
                        on_date=date(2027, 5, 1),
                        count=chance.randint(1, 5),
                    )
                    if chance.random() < 0.2:
                        raise Abort
            except Abort:
                continue
            kept += numbers
        return kept

    drawn = race(*(lambda seed=seed: draw(seed) for seed in range(8)))
    numbers = sorted(number for part in drawn for number in part)
    assert numbers == [f"EU-2027-{counter:06d}" for counter in range(1, len(numbers) + 1)]
    assert NumberSeries.objects.get(doc_type="INVOICE").next_no == len(numbers) + 1


def test_inv_1_a_new_year_begun_by_many_begins_once():
    eu = entity()

    def draw() -> list[str]:
        with transaction.atomic():
            return operations.draw_numbers(
                entity_id=eu.pk, doc_type="INVOICE", on_date=date(2028, 1, 1)
            )

    drawn = race(*[draw] * 6)
    assert sorted(drawn) == [[f"EU-2028-{counter:06d}"] for counter in range(1, 7)]


def test_f45_a_posting_is_before_the_close_or_refused():
    eu = entity()
    controller, second = User.objects.create_user("a"), User.objects.create_user("b")
    controller.user_permissions.set(Permission.objects.filter(codename__endswith="_period"))
    second.user_permissions.set(Permission.objects.filter(codename="approve_request"))
    period = queries.period_of(eu.pk, date(2027, 1, 15))
    assert period is not None

    def post(source_id: int) -> int:
        return operations.post_entry(
            entity=eu,
            source_type="x.y",
            source_id=source_id,
            event="J1",
            accounting_date=date(2027, 1, 15),
            currency="EUR",
            lines=[
                EntryLine(account="1100", debit=Decimal(1)),
                EntryLine(account="2400", credit=Decimal(1)),
            ],
        ).pk

    def post_many(worker: int) -> int:
        posted = 0
        for number in range(60):
            try:
                post(worker * 1000 + number)
            except (queries.PeriodNotOpen, IntegrityError):
                return posted
            posted += 1
        return posted

    def close() -> int:
        """Return how many entries were there at the moment of the close."""
        time.sleep(0.15)
        operations.soft_close_period(period_id=period.pk, actor=controller)
        counted = JournalEntry.objects.count()
        request = operations.request_close(period_id=period.pk, actor=controller)
        audit.operations.approve(request_id=request.pk, approver=second)
        operations.close_period(period_id=period.pk, actor=controller)
        return counted

    *posted, at_close = race(*(lambda n=n: post_many(n) for n in range(3)), close)
    assert not [outcome for outcome in (*posted, at_close) if isinstance(outcome, Exception)]
    assert AccountingPeriod.objects.get(pk=period.pk).state == PeriodState.CLOSED
    assert JournalEntry.objects.count() == sum(posted) == at_close


def test_led_1_one_event_is_posted_once_by_two():
    eu = entity()

    def post() -> int:
        return operations.post_entry(
            entity=eu,
            source_type="x.y",
            source_id=1,
            event="J1",
            accounting_date=date(2027, 1, 15),
            currency="EUR",
            lines=[
                EntryLine(account="1100", debit=Decimal(1)),
                EntryLine(account="2400", credit=Decimal(1)),
            ],
        ).pk

    outcomes = race(*[post] * 4)
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    assert JournalEntry.objects.count() == 1
    assert all(
        isinstance(outcome, int | operations.AlreadyPosted | IntegrityError)
        for outcome in outcomes
    )
