"""Who stands behind a key or an endpoint: a user for programs, who cannot log in (KEY-1)."""

from __future__ import annotations

from typing import Protocol


class Standing(Protocol):
    """What of a user decides it."""

    is_active: bool
    is_staff: bool
    is_superuser: bool


def is_service_user(user: Standing) -> bool:
    """Tell whether a user is active and not able to log in."""
    return user.is_active and not user.is_staff and not user.is_superuser
