"""Who may do what: one permission per verb, checked where the verb is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from foundation.errors import Forbidden

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Actor: TypeAlias = User | AnonymousUser | None

SYSTEM: Final = None
"""The engine itself: a scheduled job or a command on the server."""


def may(user: Actor, *permissions: str) -> bool:
    """Tell whether the person holds every permission, given as `app.codename`."""
    return user is SYSTEM or (user.is_active and user.has_perms(permissions))


def require(user: Actor, *permissions: str) -> None:
    """Let the act go on only if the person holds every permission.

    Raises: Forbidden.
    """
    if not may(user, *permissions):
        raise Forbidden(f"this needs the permission {' and '.join(permissions)}")
