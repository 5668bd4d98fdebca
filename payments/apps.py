from django.apps import AppConfig

from foundation import scope


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Payments"

    def ready(self) -> None:
        """Say whose rows are whose."""
        scope.register(
            self.label,
            Payment="entity",
            PaymentBatch="entity",
            PaymentReversal="payment__entity",
            RemittanceLine="payment__entity",
            TenderType=scope.SHARED,
            UnidentifiedReceipt="entity",
        )
