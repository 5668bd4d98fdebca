"""Approvals: two people, one act, once, in time (F44)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, User

from audit import operations, queries
from audit.choices import ApprovalState
from audit.models import ApprovalPolicy, ApprovalRequest, BusinessEvent, ReasonCode
from foundation.errors import Forbidden
from tests.attacks import refused_by

pytestmark = pytest.mark.django_db

ACTION = "ledger.reopen_period"


@pytest.fixture
def subject(db: None) -> ReasonCode:
    return ReasonCode.objects.create(domain="CREDIT", code="GOODWILL", text="Goodwill")


@pytest.fixture
def request_(maker: User, subject: ReasonCode) -> ApprovalRequest:
    return operations.request_approval(
        action=ACTION,
        subject=subject,
        payload={"amount": Decimal("10.00")},
        requester=maker,
        reason="late invoice",
    )


def test_an_approval_lets_the_act_happen_once(request_, subject, checker):
    operations.approve(request_id=request_.pk, approver=checker, comment="seen")
    used = operations.consume_approval(
        action=ACTION, subject=subject, payload={"amount": Decimal("10")}
    )
    assert used.pk == request_.pk
    with pytest.raises(operations.ApprovalMissing):
        operations.consume_approval(
            action=ACTION, subject=subject, payload={"amount": Decimal("10")}
        )
    topics = list(BusinessEvent.objects.order_by("pk").values_list("topic", flat=True))
    assert topics == ["approval.requested", "approval.approved", "approval.used"]


def test_an_approval_is_for_what_was_asked_only(request_, subject, checker):
    operations.approve(request_id=request_.pk, approver=checker)
    with pytest.raises(operations.PayloadChanged):
        operations.consume_approval(
            action=ACTION, subject=subject, payload={"amount": Decimal("11")}
        )


def test_nobody_approves_a_request_of_their_own(request_, maker, checker):
    maker.user_permissions.set(checker.user_permissions.all())
    maker = User.objects.get(pk=maker.pk)
    with pytest.raises(operations.CannotDecide, match="of their own"):
        operations.approve(request_id=request_.pk, approver=maker)


def test_approving_needs_the_permission_and_what_the_policy_asks(request_, maker, checker):
    stranger = User.objects.create_user("stranger")
    with pytest.raises(Forbidden):
        operations.approve(request_id=request_.pk, approver=stranger)
    ApprovalPolicy.objects.create(action=ACTION, permissions=["ledger.reopen_period"])
    with pytest.raises(Forbidden, match="reopen_period"):
        operations.approve(request_id=request_.pk, approver=checker)


def test_asking_twice_is_asking_once(request_, subject, maker):
    again = operations.request_approval(
        action=ACTION, subject=subject, payload={"amount": Decimal("10.0")}, requester=maker
    )
    assert again.pk == request_.pk


def test_a_rejection_says_why_and_is_final(request_, checker):
    with pytest.raises(operations.CannotDecide, match="say why"):
        operations.reject(request_id=request_.pk, approver=checker, comment=" ")
    operations.reject(request_id=request_.pk, approver=checker, comment="wrong month")
    with pytest.raises(operations.CannotDecide, match="not waiting"):
        operations.approve(request_id=request_.pk, approver=checker)


def limit(amount: str, **more: object) -> ApprovalPolicy:
    return ApprovalPolicy.objects.create(
        action=ACTION, currency="EUR", free_up_to=Decimal(amount), **more
    )


def ask_for(amount: str, subject: ReasonCode, maker: User, currency: str = "EUR"):
    return operations.request_approval(
        action=ACTION, subject=subject, payload={"amount": amount}, requester=maker,
        amount=Decimal(amount), currency=currency, of=Decimal(1000),
    )  # fmt: skip


def test_within_a_limit_nobody_else_is_needed_and_that_is_recorded(subject, maker):
    limit("100")
    small = ask_for("100", subject, maker)
    assert (small.state, small.alone, small.approver) == ("APPROVED", True, None)
    used = operations.consume_approval(action=ACTION, subject=subject, payload={"amount": "100"})
    assert used.pk == small.pk
    topics = BusinessEvent.objects.filter(subject_id=small.pk, topic__startswith="approval.")
    assert "approval.within_limit" in set(topics.values_list("topic", flat=True))


def test_without_a_policy_above_it_or_in_another_currency_a_second_person_is_needed(
    subject, maker
):
    assert ask_for("1", subject, maker).state == "PENDING"
    limit("100")
    assert ask_for("100.01", subject, maker).state == "PENDING"
    assert ask_for("2", subject, maker, "USD").state == "PENDING"


def test_cutting_an_amount_into_small_ones_does_not_help(subject, maker):
    """24 hours of one person count together (matrix of approvals)."""
    limit("100")
    assert ask_for("60", subject, maker).alone
    assert not ask_for("60.50", subject, maker).alone
    assert ask_for("40", subject, maker).alone
    left = queries.free_limit(ACTION, person=maker, currency="EUR")
    assert left is not None
    assert left.left == 0


def test_a_limit_of_a_role_holds_for_those_who_have_it_and_a_share_bounds_it(subject, maker):
    limit("100", role="Care agent", free_share=Decimal("0.05"))
    assert not ask_for("10", subject, maker).alone
    maker.groups.add(Group.objects.get_or_create(name="Care agent")[0])
    assert ask_for("50", subject, maker).alone
    assert not ask_for("50.01", subject, maker).alone


def test_raw_sql_cannot_do_alone_what_is_above_the_limit(subject, maker):
    limit("100")
    insert = (
        "INSERT INTO audit_approvalrequest (action, subject_type, subject_id, payload, "
        "payload_hash, currency, amount, alone, state, reason, comment, requester_id, "
        "expires_at) VALUES (%s, 'a.b', 1, '{}', 'x', %s, %s, true, 'PENDING', '', '', %s, "
        "now() + interval '1 day')"
    )
    for currency, amount in (("EUR", Decimal("100.01")), ("USD", Decimal(1)), ("EUR", None)):
        guard = refused_by(insert, ACTION, currency, amount, maker.pk)
        assert guard == "audit_approvalrequest_within_limit"
    assert ask_for("60", subject, maker).alone
    guard = refused_by(insert, ACTION, "EUR", Decimal("40.01"), maker.pk)
    assert guard == "audit_approvalrequest_within_limit"


def test_raw_sql_cannot_turn_a_request_into_one_that_needed_nobody(request_, checker):
    guard = refused_by(
        "UPDATE audit_approvalrequest SET state = 'APPROVED', alone = true WHERE id = %s",
        request_.pk,
    )
    assert guard == "audit_approvalrequest_is_bound"
    guard = refused_by(
        "UPDATE audit_approvalrequest SET state = 'APPROVED' WHERE id = %s", request_.pk
    )
    assert guard == "audit_approvalrequest_decided_by_somebody"


def test_raw_sql_cannot_name_an_approver_of_what_was_done_alone(subject, maker, checker):
    limit("100")
    alone = ask_for("60", subject, maker)
    guard = refused_by(
        "UPDATE audit_approvalrequest SET approver_id = %s WHERE id = %s", checker.pk, alone.pk
    )
    assert guard == "audit_approvalrequest_is_bound"
    guard = refused_by(
        "INSERT INTO audit_approvalrequest (action, subject_type, subject_id, payload, "
        "payload_hash, currency, amount, alone, state, reason, comment, requester_id, "
        "approver_id, expires_at) VALUES (%s, 'a.b', 1, '{}', 'x', 'EUR', 10, true, 'PENDING', "
        "'', '', %s, %s, now() + interval '1 day')",
        ACTION, maker.pk, checker.pk,
    )  # fmt: skip
    assert guard == "audit_approvalrequest_alone_is_by_nobody_else"


def test_raw_sql_cannot_make_one_person_both(request_, maker):
    guard = refused_by(
        "UPDATE audit_approvalrequest SET state = 'APPROVED', approver_id = %s WHERE id = %s",
        maker.pk,
        request_.pk,
    )
    assert guard == "audit_approvalrequest_needs_two"


def test_raw_sql_cannot_change_what_was_asked(request_, checker):
    for change in ("payload = '{\"amount\": 99}'", "amount = 5", "expires_at = now() + '9 days'"):
        guard = refused_by(f"UPDATE audit_approvalrequest SET {change} WHERE id = %s", request_.pk)
        assert guard == "audit_approvalrequest_is_bound"
    operations.approve(request_id=request_.pk, approver=checker)
    guard = refused_by(
        "UPDATE audit_approvalrequest SET approver_id = NULL WHERE id = %s", request_.pk
    )
    assert guard == "audit_approvalrequest_is_bound"


def test_raw_sql_cannot_step_out_of_line(request_, maker, checker):
    guard = refused_by(
        "UPDATE audit_approvalrequest SET state = 'USED', approver_id = %s WHERE id = %s",
        checker.pk,
        request_.pk,
    )
    assert guard == "audit_approvalrequest_steps"
    guard = refused_by("DELETE FROM audit_approvalrequest WHERE id = %s", request_.pk)
    assert guard == "audit_approvalrequest_is_kept"
    guard = refused_by(
        "INSERT INTO audit_approvalrequest (action, subject_type, subject_id, payload, "
        "payload_hash, currency, state, reason, comment, requester_id, approver_id, expires_at) "
        "VALUES ('a', 'b', 1, '{}', 'x', '', 'APPROVED', '', '', %s, %s, now() + '1 day')",
        maker.pk,
        checker.pk,
    )
    assert guard == "audit_approvalrequest_starts_pending"


def test_raw_sql_cannot_use_an_approval_twice(request_, subject, checker):
    operations.approve(request_id=request_.pk, approver=checker)
    operations.consume_approval(action=ACTION, subject=subject, payload={"amount": Decimal(10)})
    for change in ("state = 'USED'", "state = 'APPROVED'", "used_at = now()"):
        guard = refused_by(f"UPDATE audit_approvalrequest SET {change} WHERE id = %s", request_.pk)
        assert guard == "audit_approvalrequest_is_final"


@pytest.mark.parametrize("approved", [False, True])
def test_what_is_withdrawn_is_over(request_, subject, maker, checker, approved):
    if approved:
        operations.approve(request_id=request_.pk, approver=checker)
    assert operations.withdraw(request_id=request_.pk, actor=maker).state == "WITHDRAWN"
    assert BusinessEvent.objects.filter(topic="approval.withdrawn", actor=maker).exists()
    with pytest.raises(operations.CannotDecide, match="withdrawn"):
        operations.withdraw(request_id=request_.pk, actor=maker)
    with pytest.raises(operations.CannotDecide, match="withdrawn"):
        operations.approve(request_id=request_.pk, approver=checker)
    with pytest.raises(operations.ApprovalMissing):
        operations.consume_approval(
            action=ACTION, subject=subject, payload={"amount": Decimal(10)}
        )
    for change in ("state = 'PENDING'", "state = 'APPROVED'", "comment = 'no'"):
        guard = refused_by(f"UPDATE audit_approvalrequest SET {change} WHERE id = %s", request_.pk)
        assert guard == "audit_approvalrequest_is_final"


def test_raw_sql_cannot_use_an_approval_too_late(request_, maker, checker, subject):
    late = ApprovalRequest.objects.create(
        action="late",
        subject_type="x",
        subject_id=1,
        payload={},
        payload_hash="y",
        requester=maker,
        expires_at="2020-01-01T00:00:00Z",
    )
    guard = refused_by(
        "UPDATE audit_approvalrequest SET state = 'APPROVED', approver_id = %s WHERE id = %s",
        checker.pk,
        late.pk,
    )
    assert guard == "audit_approvalrequest_in_time"
    with pytest.raises(operations.CannotDecide, match="expired"):
        operations.approve(request_id=late.pk, approver=checker)
    assert operations.expire_requests() == 1
    late.refresh_from_db()
    assert late.state == ApprovalState.EXPIRED
