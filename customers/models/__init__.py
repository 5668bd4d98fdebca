"""The nouns of the customers room, one file per aggregate."""

from customers.models.account import Account, AccountPosition
from customers.models.address import AccountAddress, Address
from customers.models.certificate import ExemptionCertificate
from customers.models.contract import Contract, ContractPrice
from customers.models.customer import Contact, Customer, VatIdCheck
from customers.models.discount import (
    ContractCommitment,
    CouponRedemption,
    GrantedDiscount,
    OrderItemDiscount,
)
from customers.models.fallout import ProvisioningFailure
from customers.models.order import Order, OrderItem, OrderItemIdentifier, OrderItemPrice
from customers.models.redirection import ChargeRedirection
from customers.models.service import ServiceIdentifier, ServiceInstance, ServiceStatusPeriod
from customers.models.subscription import (
    ChargeSegment,
    Subscription,
    SubscriptionCharge,
    SubscriptionEvent,
    SubscriptionItem,
    SubscriptionPause,
)

__all__ = [
    "Account",
    "AccountAddress",
    "AccountPosition",
    "Address",
    "ChargeRedirection",
    "ChargeSegment",
    "Contact",
    "Contract",
    "ContractCommitment",
    "ContractPrice",
    "CouponRedemption",
    "Customer",
    "ExemptionCertificate",
    "GrantedDiscount",
    "Order",
    "OrderItem",
    "OrderItemDiscount",
    "OrderItemIdentifier",
    "OrderItemPrice",
    "ProvisioningFailure",
    "ServiceIdentifier",
    "ServiceInstance",
    "ServiceStatusPeriod",
    "Subscription",
    "SubscriptionCharge",
    "SubscriptionEvent",
    "SubscriptionItem",
    "SubscriptionPause",
    "VatIdCheck",
]
