"""What the roof itself writes: roles and who holds them."""

from billing_site.operations.access import (
    ConflictingRoles,
    RolesReport,
    UnknownRole,
    assign_roles,
    create_demo_users,
    setup_roles,
)

__all__ = [
    "ConflictingRoles",
    "RolesReport",
    "UnknownRole",
    "assign_roles",
    "create_demo_users",
    "setup_roles",
]
