from django.apps import AppConfig

from foundation import scope


class RatingConfig(AppConfig):
    name = "rating"
    verbose_name = "Rating"

    def ready(self) -> None:
        """Say whose rows are whose."""
        from customers.models import Account
        from rating.models import BalanceBucket, RatingPool

        accounts = scope.through("account_id", Account)
        scope.register(
            self.label,
            BalanceBucket=accounts,
            BalanceMovement=scope.through("bucket_id", BalanceBucket),
            DerivedRating=accounts,
            PendingDerivation=accounts,
            PendingDraw=accounts,
            RerateChange=scope.WHOLE,
            RerateJob=scope.WHOLE,
            PoolMember=accounts,
            PoolShare=scope.through("pool_id", RatingPool),
            RatedUsage=accounts,
            RatingAgreement="account__entity",
            RatingPool="node__entity",
            Reservation="account__entity",
            SpendCap="account__entity",
            SuspenseItem=scope.WHOLE,
            SuspenseWriteOff=scope.WHOLE,
            ThresholdAlert="account__entity",
            TopUpRequest="account__entity",
            TopUpRule="account__entity",
            Usage=accounts,
            UsageAggregate=accounts,
            UsageEvent=accounts,
            UsageFile=scope.WHOLE,
            UsageFilePart=scope.WHOLE,
            UsageKey=scope.WHOLE,
            UsageSource=scope.WHOLE,
        )
