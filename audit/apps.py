from django.apps import AppConfig

from foundation import scope


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        """Say whose rows are whose."""
        from audit import queries

        scope.register(
            self.label,
            ApiKey=scope.WHOLE,
            ApprovalPolicy=scope.SHARED,
            ApprovalRequest=queries.requests_of,
            BusinessEvent=queries.events_of_entities,
            Change=scope.WHOLE,
            IdempotencyKey=scope.WHOLE,
            ImportBatch=scope.WHOLE,
            ImportRowError=scope.WHOLE,
            JobRun=scope.WHOLE,
            ReasonCode=scope.SHARED,
            Seal=scope.WHOLE,
            WebhookDelivery=scope.WHOLE,
            WebhookEndpoint=scope.WHOLE,
        )
