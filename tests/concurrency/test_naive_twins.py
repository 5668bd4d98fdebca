"""The same acts without their guards do go wrong: the races of this folder are real ones."""

from __future__ import annotations

import time
from datetime import date

import pytest
from django.contrib.auth.models import Permission, User
from django.db import transaction

from audit import operations as audit
from audit.models import ApprovalRequest, IdempotencyKey, ReasonCode
from ledger import operations
from ledger.models import NumberSeries
from tests.attacks import unguard
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


def test_numbers_read_and_written_back_come_twice():
    entity = operations.ensure_entity(
        code="EU",
        name="Larkfield EU",
        country="AV",
        functional_currency="EUR",
        time_zone="Europe/Berlin",
        books_from=date(2027, 1, 1),
    )
    unguard("ledger_numberseries")

    def draw_naively() -> list[int]:
        drawn = []
        for _ in range(20):
            with transaction.atomic():
                series = NumberSeries.objects.get(entity=entity, doc_type="INVOICE")
                drawn.append(series.next_no)
                time.sleep(0.002)
                series.next_no += 1
                series.save()
        return drawn

    numbers = [number for part in race(*[draw_naively] * 4) for number in part]
    assert len(set(numbers)) < len(numbers)


def test_an_approval_looked_up_without_lock_and_guard_is_used_twice():
    unguard("audit_approvalrequest")
    subject = ReasonCode.objects.create(domain="CREDIT", code="GOODWILL", text="Goodwill")
    maker, checker = User.objects.create_user("maker"), User.objects.create_user("checker")
    checker.user_permissions.set(Permission.objects.filter(codename="approve_request"))
    request = audit.request_approval(action="a.b", subject=subject, payload={}, requester=maker)
    audit.approve(request_id=request.pk, approver=checker)

    def use_naively() -> bool:
        with transaction.atomic():
            found = ApprovalRequest.objects.filter(pk=request.pk, state="APPROVED").first()
            if found is None:
                return False
            time.sleep(0.05)
            found.state = "USED"
            found.save()
            return True

    assert sum(race(*[use_naively] * 4)) > 1


def test_an_approval_looked_up_without_lock_is_stopped_by_the_guard_alone():
    subject = ReasonCode.objects.create(domain="CREDIT", code="GOODWILL", text="Goodwill")
    maker, checker = User.objects.create_user("maker"), User.objects.create_user("checker")
    checker.user_permissions.set(Permission.objects.filter(codename="approve_request"))
    request = audit.request_approval(action="a.b", subject=subject, payload={}, requester=maker)
    audit.approve(request_id=request.pk, approver=checker)

    def use_naively() -> bool:
        with transaction.atomic():
            time.sleep(0.05)
            return bool(ApprovalRequest.objects.filter(pk=request.pk).update(state="USED"))

    outcomes = race(*[use_naively] * 4)
    assert sum(outcome is True for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Exception) for outcome in outcomes) == 3


def test_a_request_remembered_only_at_its_end_is_done_twice():
    done: list[int] = []

    def ask_naively() -> None:
        with transaction.atomic():
            if IdempotencyKey.objects.filter(client="erp", key="k").exists():
                return
            time.sleep(0.1)
            done.append(1)
            IdempotencyKey.objects.bulk_create(
                [
                    IdempotencyKey(
                        client="erp", key="k", fingerprint="f", expires_at="2099-01-01T00:00:00Z"
                    )
                ],
                ignore_conflicts=True,
            )

    race(*[ask_naively] * 4)
    assert len(done) > 1
