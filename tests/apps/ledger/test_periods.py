"""Accounting periods: closed and reopened by two people, in order."""

from __future__ import annotations

from datetime import date

import pytest

import audit.operations
from audit.models import ApprovalRequest
from foundation.errors import Forbidden
from ledger import operations, queries
from ledger.choices import PeriodState
from ledger.models import AccountingPeriod
from tests.apps.ledger.conftest import person
from tests.attacks import refused_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def january(entity) -> AccountingPeriod:
    period = queries.period_of(entity.pk, date(2027, 1, 15))
    assert period is not None
    return period


def close(period, controller, second) -> AccountingPeriod:
    operations.soft_close_period(period_id=period.pk, actor=controller)
    request = operations.request_close(period_id=period.pk, actor=controller)
    audit.operations.approve(request_id=request.pk, approver=second)
    return operations.close_period(period_id=period.pk, actor=controller)


def test_f45_a_close_needs_two_people(january, controller, second):
    operations.soft_close_period(period_id=january.pk, actor=controller)
    with pytest.raises(audit.operations.ApprovalMissing):
        operations.close_period(period_id=january.pk, actor=controller)
    request = operations.request_close(period_id=january.pk, actor=controller)
    with pytest.raises((audit.operations.CannotDecide, Forbidden)):
        audit.operations.approve(request_id=request.pk, approver=controller)
    audit.operations.approve(request_id=request.pk, approver=second)
    closed = operations.close_period(period_id=january.pk, actor=controller)
    assert closed.state == PeriodState.CLOSED
    assert closed.approval == ApprovalRequest.objects.get()


def test_f45_an_open_period_is_not_closed_in_one_step_nor_out_of_order(
    january, entity, controller
):
    with pytest.raises(operations.CannotChangePeriod, match="soft closed before"):
        operations.close_period(period_id=january.pk, actor=controller)
    february = queries.period_of(entity.pk, date(2027, 2, 1))
    assert february is not None
    operations.soft_close_period(period_id=february.pk, actor=controller)
    with pytest.raises(operations.CannotChangePeriod, match=r"January 2027 is closed before"):
        operations.close_period(period_id=february.pk, actor=controller)


def test_close_3_only_the_last_closed_period_is_reopened_by_two(
    january, entity, controller, second
):
    close(january, controller, second)
    february = queries.period_of(entity.pk, date(2027, 2, 1))
    assert february is not None
    close(february, controller, second)
    with pytest.raises(operations.CannotChangePeriod, match="only the last"):
        operations.reopen_period(period_id=january.pk, actor=controller)
    with pytest.raises(operations.CannotChangePeriod, match="say why"):
        operations.request_reopening(period_id=february.pk, actor=controller, reason=" ")
    request = operations.request_reopening(
        period_id=february.pk, actor=controller, reason="late credit note"
    )
    audit.operations.approve(request_id=request.pk, approver=second)
    reopened = operations.reopen_period(period_id=february.pk, actor=controller)
    assert reopened.state == PeriodState.OPEN


def test_a_soft_close_is_taken_back_by_one_person(january, controller):
    operations.soft_close_period(period_id=january.pk, actor=controller)
    assert operations.reopen_period(period_id=january.pk, actor=controller).state == (
        PeriodState.OPEN
    )


def test_closing_needs_the_permission(january):
    clerk = person("clerk")
    with pytest.raises(Forbidden):
        operations.soft_close_period(period_id=january.pk, actor=clerk)


def test_raw_sql_cannot_close_or_reopen_alone(january, controller, second):
    table = "ledger_accountingperiod"
    assert refused_by(f"UPDATE {table} SET state = 'CLOSED' WHERE id = %s", january.pk) == (
        "ledger_accountingperiod_steps"
    )
    operations.soft_close_period(period_id=january.pk, actor=controller)
    assert refused_by(f"UPDATE {table} SET state = 'CLOSED' WHERE id = %s", january.pk) == (
        "ledger_accountingperiod_needs_two"
    )
    operations.reopen_period(period_id=january.pk, actor=controller)
    close(january, controller, second)
    assert refused_by(f"UPDATE {table} SET state = 'OPEN' WHERE id = %s", january.pk) == (
        "ledger_accountingperiod_needs_two"
    )
    assert refused_by(f"DELETE FROM {table}") == "ledger_accountingperiod_is_kept"
    assert refused_by(f"UPDATE {table} SET period = '[2030-01-01,2030-02-01)'") == (
        "ledger_accountingperiod_is_kept"
    )


def test_periods_do_not_overlap_and_start_open(january):
    insert = "INSERT INTO ledger_accountingperiod (entity_id, period, state) VALUES (%s, %s, %s)"
    assert refused_by(insert, january.entity_id, "[2027-01-15,2027-02-15)", "OPEN") == (
        "ledger_accountingperiod_no_overlap"
    )
    assert refused_by(insert, january.entity_id, "[2037-01-01,2037-02-01)", "CLOSED") == (
        "ledger_accountingperiod_starts_open"
    )
    assert refused_by(insert, january.entity_id, "[2037-01-01,)", "OPEN") == (
        "ledger_accountingperiod_has_both_ends"
    )
