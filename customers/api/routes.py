"""What the customers room adds under /api/v1/."""

from customers.api.accounts import AccountViewSet, CustomerViewSet
from customers.api.agreements import CertificateViewSet, ContractViewSet
from customers.api.discounts import RedemptionViewSet
from customers.api.orders import OrderViewSet
from customers.api.redirections import RedirectionViewSet
from customers.api.subscriptions import ServiceViewSet, SubscriptionViewSet

ROUTES = [
    ("customers", CustomerViewSet, "customer"),
    ("accounts", AccountViewSet, "account"),
    ("orders", OrderViewSet, "order"),
    ("subscriptions", SubscriptionViewSet, "subscription"),
    ("services", ServiceViewSet, "service"),
    ("charge-redirections", RedirectionViewSet, "charge-redirection"),
    ("coupon-redemptions", RedemptionViewSet, "coupon-redemption"),
    ("contracts", ContractViewSet, "contract"),
    ("exemption-certificates", CertificateViewSet, "exemption-certificate"),
]
