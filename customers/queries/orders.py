"""What can be asked about an order."""

from datetime import date, timedelta

from django.db.models import Q

from customers.choices import OrderAction, OrderState
from customers.models import Order, OrderItem, OrderItemIdentifier
from customers.queries.tree import payer_of


def can_be_revised(*, order: Order) -> bool:
    """Say whether the clerk's form shows all that a draft asks for; other doors ask for more."""
    if order.state != OrderState.DRAFT:
        return False
    beyond = (
        Q(service_address__isnull=False)
        | Q(activation_on__isnull=False)
        | Q(acceptance_on__isnull=False)
        | Q(awaits_acceptance=True)
        | Q(effective_at__isnull=False)
        | Q(parts__isnull=False, prices__isnull=False)
    )
    own_services = OrderItemIdentifier.objects.filter(item__order=order).exclude(service_key="1")
    return not (OrderItem.objects.filter(beyond, order=order).exists() or own_services.exists())


def payers_setting_off(*, since: date, until: date) -> set[int]:
    """Return who paid for subscriptions that ended in [since, until] and whose end sets off.

    What such an end gives back, and what is held for the payer, settles open items.
    """
    ends = OrderItem.objects.filter(
        sets_off=True,
        action=OrderAction.TERMINATE,
        withdrawn_on__isnull=True,
        order__state__in=[OrderState.SUBMITTED, OrderState.COMPLETED],
        effective_on__range=(since, until),
    )
    found = {
        payer_of(account_id=account, on_date=day - timedelta(days=1)) or account
        for account, day in ends.values_list("subscription__account_id", "effective_on").distinct()
    }
    return {one for one in found if one is not None}
