from django.apps import AppConfig

from foundation import scope


class ReceivablesConfig(AppConfig):
    name = "receivables"
    verbose_name = "Receivables"

    def ready(self) -> None:
        """Say whose rows are whose."""
        scope.register(
            self.label,
            Allocation="batch__entity",
            AllocationBatch="entity",
            DisputeMark="item__entity",
            OpenItem="entity",
        )
