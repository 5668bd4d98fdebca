"""The test database itself: private, and fresh again after a test that committed."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_committed_row_does_not_reach_the_next_test(turn: int) -> None:
    assert not Group.objects.filter(name="left behind").exists()
    Group.objects.create(name="left behind")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_rows_that_refuse_truncate_do_not_stop_the_next_test(turn: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "create function refuse() returns trigger language plpgsql as"
            " $$ begin raise exception 'append only'; end $$"
        )
        cursor.execute(
            "create trigger keep before truncate on auth_group"
            " for each statement execute function refuse()"
        )


@pytest.mark.django_db
def test_the_database_is_a_copy_of_this_process(database_url: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_database()")
        name = cursor.fetchone()[0]
    assert name.startswith("test_")
    assert name in database_url
