"""Every remaining guard of the audit room, attacked by raw SQL; each statement names its guard."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from audit import operations
from audit.models import ReasonCode
from foundation.tabular import RowProblem
from tests.attacks import raw, refused_by

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("guard", "statement"),
    [
        (
            "audit_reasoncode_is_unique",
            (
                "INSERT INTO audit_reasoncode (domain, code, text, gl_code, "
                "tax_treatment, is_active) "
                "VALUES ('CREDIT', 'GOODWILL', '', '', '', true)"
            ),
        ),
        (
            "audit_approvalpolicy_is_unique",
            (
                "INSERT INTO audit_approvalpolicy (action, currency, role, permissions, "
                "is_active) VALUES ('a.b', '', '', '{}', true), ('a.b', '', '', '{}', true)"
            ),
        ),
        (
            "audit_approvalpolicy_limit_has_currency",
            (
                "INSERT INTO audit_approvalpolicy (action, currency, role, permissions, "
                "is_active, free_up_to) VALUES ('a.b', '', '', '{}', true, 5)"
            ),
        ),
        (
            "audit_approvalpolicy_share_is_a_part",
            (
                "INSERT INTO audit_approvalpolicy (action, currency, role, permissions, "
                "is_active, free_share) VALUES ('a.b', 'EUR', '', '{}', true, 1.5)"
            ),
        ),
        (
            "audit_approvalpolicy_free_up_to_is_money",
            (
                "INSERT INTO audit_approvalpolicy (action, currency, role, permissions, "
                "is_active, free_up_to) VALUES ('a.b', 'EUR', '', '{}', true, 'NaN')"
            ),
        ),
        (
            "audit_approvalrequest_amount_is_money",
            (
                "INSERT INTO audit_approvalrequest (action, subject_type, subject_id, payload, "
                "payload_hash, currency, amount, alone, state, reason, comment, requester_id, "
                "expires_at) "
                "SELECT 'a', 'b', 1, '{}', 'x', 'JPY', 1.5, false, 'PENDING', '', '', id, now() "
                "+ '1 day' "
                "FROM auth_user LIMIT 1"
            ),
        ),
        (
            "audit_approvalrequest_asked_once",
            (
                "INSERT INTO audit_approvalrequest (action, subject_type, subject_id, payload, "
                "payload_hash, currency, alone, state, reason, comment, requester_id, "
                "expires_at) "
                "SELECT action, subject_type, subject_id, payload, payload_hash, currency, alone, "
                "state, reason, comment, requester_id, expires_at FROM audit_approvalrequest"
            ),
        ),
        (
            "audit_approvalrequest_decided_by_somebody",
            "UPDATE audit_approvalrequest SET state = 'APPROVED'",
        ),
        ("audit_approvalrequest_is_append_only", "TRUNCATE audit_approvalrequest CASCADE"),
        ("audit_businessevent_is_append_only", "TRUNCATE audit_businessevent CASCADE"),
        (
            "audit_businessevent_uuid_key",
            (
                "INSERT INTO audit_businessevent (uuid, topic, subject_type, subject_id, payload) "
                "SELECT uuid, topic, subject_type, subject_id, payload FROM audit_businessevent"
            ),
        ),
        ("audit_importrowerror_is_append_only", "UPDATE audit_importrowerror SET message = ''"),
        ("audit_importrowerror_is_append_only", "DELETE FROM audit_importrowerror"),
        (
            "audit_jobrun_one_unfinished",
            (
                "INSERT INTO audit_jobrun (name, params, params_hash, state, attempts, error) "
                "SELECT name, params, params_hash, 'FAILED', 0, '' FROM audit_jobrun"
            ),
        ),
        (
            "audit_idempotencykey_is_unique",
            (
                "INSERT INTO audit_idempotencykey (client, key, fingerprint, expires_at) "
                "VALUES ('erp', 'k', 'a', now()), ('erp', 'k', 'b', now())"
            ),
        ),
        ("audit_seal_is_append_only", "UPDATE audit_seal SET digest = repeat('0', 64)"),
        ("audit_seal_is_append_only", "DELETE FROM audit_seal"),
        (
            "audit_seal_previous_digest_key",
            (
                "INSERT INTO audit_seal (first_change_id, last_change_id, row_count, "
                "previous_digest, "
                "digest) SELECT 1, 999999, 1, previous_digest, 'x' FROM audit_seal"
            ),
        ),
    ],
)
def test_raw_sql_is_refused(maker: User, guard: str, statement: str):
    subject = ReasonCode.objects.create(domain="CREDIT", code="GOODWILL", text="Goodwill")
    operations.request_approval(action="a.b", subject=subject, payload={"n": 1}, requester=maker)
    batch = operations.open_batch(kind="X", filename="a.csv", content=b"x", actor=None)
    operations.close_batch(batch, counts={}, errors=[RowProblem(2, "a", "b", "R", "wrong")])
    operations.start_job(name="run", params={})
    operations.seal_changes()
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    assert refused_by(statement) == guard
