"""What can be asked about an order."""

from django.db.models import Q

from customers.choices import OrderState
from customers.models import Order, OrderItem, OrderItemIdentifier


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
    )
    own_services = OrderItemIdentifier.objects.filter(item__order=order).exclude(service_key="1")
    return not (OrderItem.objects.filter(beyond, order=order).exists() or own_services.exists())
