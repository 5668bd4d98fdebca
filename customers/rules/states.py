"""The transitions of orders, subscriptions, contracts and certificates.

The database guards of `sql/transitions.sql` hold the same lists; a test compares the two.
"""

from collections.abc import Mapping

Transitions = Mapping[str, frozenset[str]]

ORDER: Transitions = {
    "DRAFT": frozenset({"SUBMITTED", "COMPLETED", "CANCELLED", "PENDING_APPROVAL"}),
    "PENDING_APPROVAL": frozenset({"DRAFT", "CANCELLED"}),
    "SUBMITTED": frozenset({"COMPLETED", "CANCELLED"}),
}
SUBSCRIPTION: Transitions = {
    "PENDING": frozenset({"TRIAL", "ACTIVE", "CANCELLED"}),
    "TRIAL": frozenset({"ACTIVE", "SUSPENDED", "TERMINATED", "PENDING_END"}),
    "ACTIVE": frozenset({"SUSPENDED", "PENDING_END", "TERMINATED"}),
    "SUSPENDED": frozenset({"ACTIVE", "TRIAL", "PENDING_END", "TERMINATED"}),
    "PENDING_END": frozenset({"ACTIVE", "TRIAL", "SUSPENDED", "TERMINATED"}),
    "TERMINATED": frozenset({"ACTIVE"}),
}
CONTRACT: Transitions = {
    "DRAFT": frozenset({"SIGNED"}),
    "SIGNED": frozenset({"EXPIRED", "TERMINATED"}),
}
CERTIFICATE: Transitions = {
    "DRAFT": frozenset({"PENDING"}),
    "PENDING": frozenset({"APPROVED", "REJECTED"}),
    "REJECTED": frozenset({"PENDING"}),
    "APPROVED": frozenset({"REVOKED"}),
}


def may(transitions: Transitions, old: str, new: str) -> bool:
    """Tell whether the state may follow the other."""
    return old == new or new in transitions.get(old, frozenset())
