"""What the customers room announces, after commit, once per operation, as ids.

Nothing depends on being heard: activation and moves are found again by the scheduled tick.
"""

from django.dispatch import Signal

subscriptions_activated = Signal()
"""Arguments: `ids`, the subscriptions that became TRIAL or ACTIVE."""

subscriptions_changed = Signal()
"""Arguments: `ids`, the subscriptions whose timeline was changed by a MODIFY or an end."""

accounts_moved = Signal()
"""Arguments: `ids`, the accounts whose parent or role was changed from some day on."""
