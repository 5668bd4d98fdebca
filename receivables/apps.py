from django.apps import AppConfig

from foundation import scope


class ReceivablesConfig(AppConfig):
    name = "receivables"
    verbose_name = "Receivables"

    def ready(self) -> None:
        """Say whose rows are whose, and answer what the accounts' room asks."""
        from customers.queries import above
        from receivables import queries

        above.answer_exposure(self.label, queries.at_risk)
        above.answer_objections(self.label, queries.left_open)
        scope.register(
            self.label,
            Allocation="batch__entity",
            AllocationBatch="entity",
            DisputeMark="item__entity",
            OpenItem="entity",
        )
