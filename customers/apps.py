from django.apps import AppConfig

from foundation import scope


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = "Customers"

    def ready(self) -> None:
        """Say whose rows are whose."""
        from customers import queries
        from customers.models import Customer

        scope.register(
            self.label,
            Account="entity",
            AccountAddress="account__entity",
            AccountPosition="account__entity",
            Address=scope.WHOLE,
            ChargeSegment="subscription_charge__account__entity",
            Contact=queries.contacts_of,
            Contract="account__entity",
            ChargeRedirection="account__entity",
            ContractCommitment="account__entity",
            ContractPrice="account__entity",
            CouponRedemption="account__entity",
            GrantedDiscount="account__entity",
            ProvisioningFailure="subscription__account__entity",
            Customer=queries.customers_of,
            ExemptionCertificate="account__entity",
            Order="account__entity",
            OrderItem="order__account__entity",
            OrderItemDiscount="item__order__account__entity",
            OrderItemIdentifier="item__order__account__entity",
            OrderItemPrice="item__order__account__entity",
            ServiceIdentifier="service__subscription__account__entity",
            ServiceInstance="subscription__account__entity",
            ServiceStatusPeriod="service__subscription__account__entity",
            Subscription="account__entity",
            SubscriptionCharge="account__entity",
            SubscriptionEvent="subscription__account__entity",
            SubscriptionItem="subscription__account__entity",
            SubscriptionPause="subscription__account__entity",
            VatIdCheck=scope.through("customer", Customer),
        )
