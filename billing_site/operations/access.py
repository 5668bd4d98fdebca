"""Groups as the role table says, and people in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction

from billing_site import roles
from foundation.errors import Invalid, Refusal
from foundation.permissions import require

if TYPE_CHECKING:
    from foundation.permissions import Actor


class ConflictingRoles(Refusal):
    """One person would check their own work."""

    rule = "SOD-1"


class UnknownRole(Invalid):
    """There is no such role in the house."""

    rule = "ROLE-1"


@dataclass(frozen=True, slots=True)
class RolesReport:
    """What `setup_roles` did: rights per role, and named rights that do not exist."""

    rights: dict[str, int]
    changed: tuple[str, ...]
    absent: dict[str, tuple[str, ...]]


@transaction.atomic
def setup_roles() -> RolesReport:
    """Make one group per role with exactly the rights of the role table.

    A second call changes nothing. A right that the table names and no room has is reported.
    """
    by_name = {
        f"{right.content_type.app_label}.{right.codename}": right
        for right in Permission.objects.select_related("content_type")
    }
    rights: dict[str, int] = {}
    changed: list[str] = []
    absent: dict[str, tuple[str, ...]] = {}
    for role in roles.ROLES:
        wanted, missing = roles.expand(role.may, set(by_name))
        group, is_new = Group.objects.get_or_create(name=role.name)
        held = set(group.permissions.values_list("pk", flat=True))
        should = {by_name[name].pk for name in wanted}
        if is_new or held != should:
            group.permissions.set(should)
            changed.append(role.name)
        rights[role.name] = len(should)
        if missing:
            absent[role.name] = tuple(sorted(missing))
    return RolesReport(rights, tuple(changed), absent)


@transaction.atomic
def assign_roles(*, user: User, names: Iterable[str], actor: Actor) -> None:
    """Give a person exactly these roles.

    Raises: Forbidden, UnknownRole, ConflictingRoles (the database refuses the pair as well).
    """
    require(actor, "auth.change_user")
    wanted = set(names)
    unknown = wanted - set(roles.BY_NAME)
    if unknown:
        raise UnknownRole(f"there is no role {', '.join(sorted(unknown))}")
    if actor is not None and actor.pk == user.pk:
        raise ConflictingRoles("nobody changes their own roles")
    for one, other in roles.conflicts(wanted):
        raise ConflictingRoles(
            f"{user.get_username()} may not be both {one} and {other}: one checks the other"
        )
    kept = user.groups.exclude(name__in=roles.BY_NAME)
    user.groups.set([*kept, *Group.objects.filter(name__in=wanted)])


@transaction.atomic
def create_demo_users(*, password: str) -> list[tuple[str, str]]:
    """Make one user per role, named as the role table says; return (username, role).

    For demonstrations: all share one password, which a second call sets again. None is a
    superuser. The integration user cannot log in: it stands behind API keys.
    """
    made: list[tuple[str, str]] = []
    hashed = make_password(password)  # one secret of all, so one hash: it takes its time
    for role in roles.ROLES:
        user, _ = User.objects.get_or_create(username=role.username)
        user.is_staff = role.name != roles.INTEGRATION
        user.is_superuser = False
        user.first_name, user.last_name = "Demo", role.name.lower()
        user.email = f"{role.username}@example.org"
        if user.is_staff:
            user.password = hashed
            made.append((role.username, role.name))
        else:
            user.set_unusable_password()
        user.save()
        assign_roles(user=user, names=[role.name], actor=None)
    return made
