"""Worlds of tests: built once, whole again for each that stands on them, gone for the others."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from tests.worlds import standing

BUILT: list[int] = []


def build() -> Group:
    group = Group.objects.create(name="standing")
    BUILT.append(group.pk)
    return group


small_world = standing("small_world", build)


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_what_a_test_changes_is_put_back_for_the_next(small_world: Group, turn: int) -> None:
    assert BUILT[-1:] == [small_world.pk]
    assert small_world.name == "standing"
    assert list(Group.objects.values_list("name", flat=True)) == ["standing"]
    small_world.name = f"changed in turn {turn}"
    small_world.save()
    Group.objects.create(name="another")


@pytest.mark.django_db
def test_who_stands_on_none_finds_it_undone() -> None:
    assert not Group.objects.exists()


@pytest.mark.django_db
def test_it_is_built_again_after_a_test_that_closed_the_connection(small_world: Group) -> None:
    assert Group.objects.filter(pk=small_world.pk).exists()
    connection.close()


@pytest.mark.django_db
def test_it_stands_after_such_a_test(small_world: Group) -> None:
    assert Group.objects.get() == small_world


@pytest.mark.django_db(transaction=True)
def test_for_a_test_that_commits_it_is_built_by_itself(small_world: Group) -> None:
    assert not connection.in_atomic_block
    assert Group.objects.get() == small_world
