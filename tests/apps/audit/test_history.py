"""Row history, events and seals."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from audit import operations, queries
from audit.models import BusinessEvent, Change, ReasonCode, Seal
from tests.attacks import raw, refused_by, unguard

pytestmark = pytest.mark.django_db


@pytest.fixture
def code(db: None) -> ReasonCode:
    return ReasonCode.objects.create(domain="CREDIT", code="GOODWILL", text="Goodwill")


def test_every_way_of_writing_is_recorded_with_who_and_why(code, maker):
    with operations.context(actor=maker, via="console", reason="typing error", request_id="r1"):
        ReasonCode.objects.filter(pk=code.pk).update(text="Gesture")
        raw("UPDATE audit_reasoncode SET is_active = false WHERE id = %s", code.pk)
    raw("DELETE FROM audit_reasoncode WHERE id = %s", code.pk)
    changes: list[Any] = list(queries.changes_of(code))
    deleted, second, first, created = changes
    assert created.operation == "INSERT"
    assert created.after["text"] == "Goodwill"
    assert (first.before, first.after) == ({"text": "Goodwill"}, {"text": "Gesture"})
    assert (first.actor_id, first.via, first.reason, first.request_id) == (
        maker.pk,
        "console",
        "typing error",
        "r1",
    )
    assert second.after == {"is_active": False}
    assert deleted.operation == "DELETE"
    assert (deleted.actor_id, deleted.via) == (None, "")


def test_contexts_nest_and_end(maker, checker):
    def now_acting() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('billing.actor', true)")
            return cursor.fetchone()[0]

    with operations.context(actor=maker, via="console"):
        with operations.context(actor=checker, via="console"):
            assert now_acting() == str(checker.pk)
        assert now_acting() == str(maker.pk)
        with (
            pytest.raises(IntegrityError),
            transaction.atomic(),
            operations.context(actor=checker, via="api"),
        ):
            raw("SELECT refuse('a', 'b', 'c')")
        assert now_acting() == str(maker.pk)
    assert now_acting() == ""


def test_the_history_is_searched_by_table_and_row(code, client):
    client.force_login(User.objects.create_superuser("root"))
    other = ReasonCode.objects.create(domain="credit", code="LATE", text="Late")
    ReasonCode.objects.filter(pk=other.pk).update(text="Too late")

    def found(search: str) -> list[str]:
        page = client.get("/admin/audit/change/", {"q": search})
        return [change.row_id for change in page.context["cl"].result_list]

    assert found(f"audit_reasoncode {other.pk}") == [str(other.pk)] * 2
    assert str(code.pk) in found("audit_reasoncode")
    assert found("no_such_table") == []


def test_an_update_that_changes_nothing_leaves_no_trace(code):
    raw("UPDATE audit_reasoncode SET text = text WHERE id = %s", code.pk)
    assert queries.changes_of(code).count() == 1


def test_history_itself_is_append_only(code):
    pk = Change.objects.latest("pk").pk
    assert refused_by("UPDATE audit_change SET actor_id = 7 WHERE id = %s", pk) == (
        "audit_change_is_append_only"
    )
    assert refused_by("DELETE FROM audit_change") == "audit_change_is_append_only"
    assert refused_by("TRUNCATE audit_change") == "audit_change_is_append_only"
    assert refused_by(
        "SET LOCAL session_replication_role = replica; DELETE FROM audit_change"
    ) == ("audit_change_is_append_only")


def test_events_are_kept_as_they_happened(code, maker):
    event = operations.record_event(topic="reason.made", subject=code, actor=maker)
    assert (
        refused_by("UPDATE audit_businessevent SET topic = 'x'") == "audit_businessevent_is_kept"
    )
    assert refused_by("DELETE FROM audit_businessevent") == "audit_businessevent_is_kept"
    assert operations.mark_delivered(event_ids=[event.pk]) == 1
    assert operations.mark_delivered(event_ids=[event.pk]) == 0
    assert BusinessEvent.objects.get(pk=event.pk).attempts == 1


def test_i_23_seals_chain_and_show_tampering(code):
    assert operations.seal_changes() is not None
    assert operations.seal_changes() is None
    ReasonCode.objects.create(domain="CREDIT", code="PRICE", text="Wrong price")
    second = operations.seal_changes()
    assert second is not None
    assert queries.check_seals() == []
    assert Seal.objects.count() == 2

    victim = Change.objects.latest("pk").pk
    unguard("audit_change")
    raw("UPDATE audit_change SET reason = 'covered up' WHERE id = %s", victim)
    (finding,) = queries.check_seals()
    assert finding.subject == f"seal {second.pk}"
    assert "not what was sealed" in finding.message
