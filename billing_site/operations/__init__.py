"""What the roof itself does: roles and who holds them, the identities, the schedules."""

from billing_site.operations.access import (
    ConflictingRoles,
    RolesReport,
    UnknownRole,
    assign_roles,
    create_demo_users,
    request_roles,
    setup_roles,
)
from billing_site.operations.approving import approve
from billing_site.operations.integrity import check_integrity, run_integrity
from billing_site.operations.schedules import setup_schedules

__all__ = [
    "ConflictingRoles",
    "RolesReport",
    "UnknownRole",
    "approve",
    "assign_roles",
    "check_integrity",
    "create_demo_users",
    "request_roles",
    "run_integrity",
    "setup_roles",
    "setup_schedules",
]
