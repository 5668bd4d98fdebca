"""Who acts in the story: one person per role, so that four eyes are really four."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from billing_site import operations
from billing_site.roles import APPROVER, BY_NAME, CARE, CASH, CATALOG, OPERATOR


@dataclass(frozen=True, slots=True)
class Cast:
    """The people behind the acts; set-up of tables is the system's own (no person)."""

    care: User
    catalog: User
    operator: User
    cash: User
    approver: User


def gather(password: str) -> Cast:
    """Return the demo users, made with the password if they do not exist."""
    names = [BY_NAME[role].username for role in (CARE, CATALOG, OPERATOR, CASH, APPROVER)]
    if User.objects.filter(username__in=names).count() < len(names):
        operations.setup_roles()
        operations.create_demo_users(password=password)
    return Cast(*(User.objects.get(username=name) for name in names))
