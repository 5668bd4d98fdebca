from django.apps import AppConfig

from foundation import scope


class RatingConfig(AppConfig):
    name = "rating"
    verbose_name = "Rating"

    def ready(self) -> None:
        """Say whose rows are whose."""
        from customers.models import Account

        accounts = scope.through("account_id", Account)
        scope.register(
            self.label,
            SuspenseItem=scope.WHOLE,
            UsageAggregate=accounts,
            UsageEvent=accounts,
            UsageFile=scope.WHOLE,
            UsageFilePart=scope.WHOLE,
            UsageKey=scope.WHOLE,
            UsageSource=scope.WHOLE,
        )
