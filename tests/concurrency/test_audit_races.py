"""One approval is used once, one request answered once, one job run once, on real connections."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection, transaction

from audit import operations, queries
from audit.choices import ApprovalState
from audit.models import ApprovalRequest, Change, IdempotencyKey, ImportBatch, JobRun, ReasonCode
from tests.racing import race, refusals

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def subject() -> ReasonCode:
    return ReasonCode.objects.create(domain="CREDIT", code="GOODWILL", text="Goodwill")


def checker(name: str) -> User:
    user = User.objects.create_user(name)
    user.user_permissions.set(Permission.objects.filter(codename="approve_request"))
    return user


def test_f44_an_approval_is_used_by_one_of_many(subject):
    maker = User.objects.create_user("maker")
    request = operations.request_approval(
        action="a.b", subject=subject, payload={"n": 1}, requester=maker
    )
    operations.approve(request_id=request.pk, approver=checker("checker"))

    def use() -> int:
        with transaction.atomic():
            used = operations.consume_approval(action="a.b", subject=subject, payload={"n": 1})
            time.sleep(0.05)
            return used.pk

    outcomes = race(*[use] * 6)
    assert refusals(outcomes, operations.ApprovalMissing) == 5
    assert ApprovalRequest.objects.get().state == ApprovalState.USED


def test_f44_a_request_is_decided_once_and_asked_once(subject):
    maker = User.objects.create_user("maker")

    def ask() -> int:
        return operations.request_approval(
            action="a.b", subject=subject, payload={"n": 1}, requester=maker
        ).pk

    (request_id,) = set(race(*[ask] * 5))
    checkers = [checker(f"checker{n}") for n in range(4)]
    outcomes = race(
        *(
            lambda who=who: operations.approve(request_id=request_id, approver=who).approver_id
            for who in checkers
        )
    )
    assert refusals(outcomes, operations.CannotDecide) == 3
    decided = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert ApprovalRequest.objects.get().approver_id == decided[0]


def test_a_duplicate_request_waits_and_gets_the_same_answer():
    made: list[int] = []

    def ask() -> object:
        with transaction.atomic():
            answer = operations.claim(client="erp", key="k", fingerprint="f")
            if answer is not None:
                return answer.body
            time.sleep(0.2)
            made.append(1)
            operations.remember_answer(client="erp", key="k", status=201, body={"id": 7})
            return {"id": 7}

    assert race(*[ask] * 5) == [{"id": 7}] * 5
    assert len(made) == 1


def test_a_duplicate_of_a_request_that_failed_goes_ahead():
    class Broken(Exception):
        pass

    def fail() -> None:
        with transaction.atomic():
            operations.claim(client="erp", key="k", fingerprint="f")
            time.sleep(0.3)
            raise Broken

    def ask() -> bool:
        time.sleep(0.1)
        with transaction.atomic():
            is_first = operations.claim(client="erp", key="k", fingerprint="f") is None
            operations.remember_answer(client="erp", key="k", status=201, body=1)
            return is_first

    failed, went_ahead = race(fail, ask)
    assert isinstance(failed, Broken)
    assert went_ahead is True
    assert IdempotencyKey.objects.get().response == 1


def test_a_job_and_a_file_are_started_once():
    def start() -> int:
        return operations.start_job(name="run", params={"cycle": 1}).pk

    assert refusals(race(*[start] * 5), operations.JobIsRunning) == 4
    assert JobRun.objects.get().attempts == 1

    def read() -> int:
        return operations.open_batch(kind="USAGE", filename="a", content=b"x", actor=None).pk

    assert refusals(race(*[read] * 5), operations.AlreadyImported) == 4
    assert ImportBatch.objects.count() == 1


def test_i_23_a_seal_waits_for_the_changes_under_way():
    def change() -> None:
        with transaction.atomic():
            ReasonCode.objects.create(domain="CREDIT", code="LATE", text="Slow")
            time.sleep(0.4)

    def seal() -> int:
        time.sleep(0.1)
        found = operations.seal_changes()
        assert found is not None
        return found.last_change_id

    changed, sealed = race(change, seal)
    assert changed is None
    assert sealed == Change.objects.latest("pk").pk
    assert queries.check_seals() == []


def test_what_is_said_about_the_actor_ends_with_the_context(subject):
    user = User.objects.create_user("clerk")
    with operations.context(actor=user, via="console"):
        ReasonCode.objects.filter(pk=subject.pk).update(text="Inside")
    ReasonCode.objects.filter(pk=subject.pk).update(text="Outside")
    outside, inside = queries.changes_of(subject)[:2]
    assert (inside.actor_id, outside.actor_id) == (user.pk, None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('billing.actor', true)")
        assert cursor.fetchone()[0] == ""
