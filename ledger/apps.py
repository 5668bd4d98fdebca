from django.apps import AppConfig

from foundation import scope


class LedgerConfig(AppConfig):
    name = "ledger"
    verbose_name = "General ledger"

    def ready(self) -> None:
        """Say whose rows are whose."""
        scope.register(
            self.label,
            AccountingPeriod="entity",
            Currency=scope.SHARED,
            EntityAccess=scope.WHOLE,
            ExchangeRate=scope.SHARED,
            GLAccount="entity",
            JournalEntry="entity",
            JournalLine="entry__entity",
            LegalEntity="pk",
            NumberSeries="entity",
            PostingRule="entity",
        )
