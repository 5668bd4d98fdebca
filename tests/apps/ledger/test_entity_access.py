"""Which entities a person works for: who may say so, and what the database keeps."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, connection, transaction

import audit.queries
import ledger.operations
from foundation import scope
from foundation.errors import Forbidden
from ledger.models import EntityAccess, LegalEntity

pytestmark = pytest.mark.django_db


def entity(code: str) -> LegalEntity:
    return ledger.operations.ensure_entity(
        code=code, name=code, country="AV", functional_currency="EUR",
        time_zone="Europe/Berlin", books_from=date(2027, 1, 1),
    )  # fmt: skip


def access_admin() -> User:
    user = User.objects.create_user("access")
    user.user_permissions.add(Permission.objects.get(codename="change_user"))
    return user


def test_none_stands_for_all_of_them() -> None:
    clerk = User.objects.create_user("clerk")
    assert scope.entities_of(clerk) is None
    assert scope.entities_of(None) is None


def test_a_person_is_limited_and_freed_again() -> None:
    clerk, admin, one, two = (
        User.objects.create_user("c"),
        access_admin(),
        entity("A"),
        entity("B"),
    )
    held = ledger.operations.limit_to_entities(user=clerk, entities=[one, two], actor=admin)
    assert held == frozenset({one.pk, two.pk})
    for _ in range(2):
        held = ledger.operations.limit_to_entities(user=clerk, entities=[two], actor=admin)
        assert held == frozenset({two.pk}) == scope.entities_of(clerk)
    assert scope.sees(clerk, LegalEntity, two.pk)
    assert not scope.sees(clerk, LegalEntity, one.pk)
    assert ledger.operations.limit_to_entities(user=clerk, entities=[], actor=admin) is None
    assert scope.sees(clerk, LegalEntity, one.pk)


def test_who_may_not_change_people_may_not_limit_them() -> None:
    clerk = User.objects.create_user("clerk")
    with pytest.raises(Forbidden):
        ledger.operations.limit_to_entities(
            user=User.objects.create_user("other"), entities=[], actor=clerk
        )


def test_nobody_changes_their_own_limits() -> None:
    admin = access_admin()
    with pytest.raises(ledger.operations.CannotLimit):
        ledger.operations.limit_to_entities(user=admin, entities=[entity("A")], actor=admin)


def test_who_is_limited_limits_nobody() -> None:
    admin, clerk = access_admin(), User.objects.create_user("clerk")
    ledger.operations.limit_to_entities(user=admin, entities=[entity("A")], actor=None)
    with pytest.raises(scope.OtherEntity):
        ledger.operations.limit_to_entities(user=clerk, entities=[entity("B")], actor=admin)


def test_a_limit_stands_once_and_in_the_history() -> None:
    """Attack: ledger_entityaccess_is_unique; ledger_entityaccess_history records raw SQL too."""
    clerk, one = User.objects.create_user("clerk"), entity("A")
    row = EntityAccess.objects.create(user=clerk, entity=one)
    with (
        pytest.raises(IntegrityError, match="ledger_entityaccess_is_unique"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO ledger_entityaccess (user_id, entity_id) VALUES (%s, %s)",
            [clerk.pk, one.pk],
        )
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_entityaccess WHERE id = %s", [row.pk])
    operations = [change.operation for change in audit.queries.changes_of(row)]
    assert sorted(operations) == ["DELETE", "INSERT"]
