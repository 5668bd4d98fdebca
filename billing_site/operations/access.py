"""Groups as the role table says, and people in them; a right over money takes two people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction

import audit.operations
from audit.models import ApprovalRequest
from billing_site import roles
from foundation.errors import Invalid, Refusal
from foundation.permissions import require

if TYPE_CHECKING:
    from foundation.permissions import Actor

GRANT: Final = "auth.grant_role"
"""The action under which a grant of a role over money waits for a second person."""


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
def request_roles(
    *, user: User, names: Iterable[str], actor: User, reason: str = ""
) -> ApprovalRequest | None:
    """Give a person exactly these roles; a new one over money waits for a second person.

    What is taken away, and what is harmless, takes effect at once. Returns what waits, if
    anything does.

    Raises: as assign_roles.
    """
    wanted = set(names)
    _refuse(user, wanted, actor)
    held = _held(user)
    gained = _over_money(wanted - held)
    if wanted - gained != held:
        assign_roles(user=user, names=wanted - gained, actor=actor)
    if not gained:
        return None
    return audit.operations.request_approval(
        action=GRANT,
        subject=user,
        payload=_payload(user, wanted),
        requester=actor,
        reason=reason,
    )


@transaction.atomic
def assign_roles(*, user: User, names: Iterable[str], actor: Actor) -> None:
    """Give a person exactly these roles, with the approval that a new one over money takes.

    Raises: Forbidden, UnknownRole, ConflictingRoles (the database refuses the pair as well),
    audit.operations.ApprovalMissing.
    """
    wanted = set(names)
    _refuse(user, wanted, actor)
    if actor is not None and _over_money(wanted - _held(user)):
        audit.operations.consume_approval(
            action=GRANT, subject=user, payload=_payload(user, wanted)
        )
    kept = user.groups.exclude(name__in=roles.BY_NAME)
    user.groups.set([*kept, *Group.objects.filter(name__in=wanted)])


def _refuse(user: User, wanted: set[str], actor: Actor) -> None:
    """Refuse what no approval makes right."""
    require(actor, "auth.change_user")
    unknown = wanted - set(roles.BY_NAME)
    if unknown:
        raise UnknownRole(f"there is no role {', '.join(sorted(unknown))}")
    if actor is not None and actor.pk == user.pk:
        raise ConflictingRoles("nobody changes their own roles")
    for one, other in roles.conflicts(wanted):
        raise ConflictingRoles(
            f"{user.get_username()} may not be both {one} and {other}: one checks the other"
        )


def _held(user: User) -> set[str]:
    return set(user.groups.filter(name__in=roles.BY_NAME).values_list("name", flat=True))


def _over_money(names: set[str]) -> set[str]:
    return names & set(roles.MONEY_ROLES)


def _payload(user: User, wanted: set[str]) -> dict[str, Any]:
    """Return what an approval is bound to: who, which roles now, which then."""
    return {
        "person": user.get_username(),
        "now": sorted(_held(user)),
        "wanted": sorted(wanted),
    }


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
