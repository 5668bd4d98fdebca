"""How far a person goes alone in the demo company: what is above needs a second one.

Set when the story is told, so that its own acts all went through two people; a limit that
somebody has changed since is left as it is.
"""

from __future__ import annotations

from decimal import Decimal

from audit.models import ApprovalPolicy
from billing_site.roles import CARE, OPERATOR

CURRENCIES = ("EUR", "USD")
# Action, right of the second person, role, up to which amount, at most which part of the document.
LIMITS: tuple[tuple[str, str, str, Decimal, Decimal | None], ...] = (
    ("invoicing.credit", "invoicing.approve_credit", CARE, Decimal(100), Decimal("0.1")),
    ("customers.approve_discount", "customers.approve_discount", CARE, Decimal(100), None),
    ("invoicing.debit", "invoicing.approve_debit", OPERATOR, Decimal(100), None),
)


def set_limits() -> int:
    """Set what is not set yet; return how many there are of ours."""
    for action, right, role, amount, share in LIMITS:
        for currency in CURRENCIES:
            ApprovalPolicy.objects.get_or_create(
                action=action,
                currency=currency,
                role=role,
                defaults={
                    "free_up_to": amount,
                    "free_share": share,
                    "permissions": [right],
                },
            )
    return ApprovalPolicy.objects.filter(role__in=(CARE, OPERATOR)).count()
