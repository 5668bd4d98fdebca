from django.apps import AppConfig

from foundation import scope


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        """Say whose rows are whose."""
        scope.register(
            self.label,
            BandPlan=scope.SHARED,
            BundleComponent=scope.SHARED,
            BundleDiscount=scope.SHARED,
            Charge=scope.SHARED,
            CommitmentSpec=scope.SHARED,
            Coupon=scope.SHARED,
            DiscountDef=scope.SHARED,
            EntitlementSpec=scope.SHARED,
            GLCode=scope.SHARED,
            Holiday=scope.SHARED,
            Offer=scope.SHARED,
            OfferVersion=scope.SHARED,
            PriceBook=scope.SHARED,
            PriceTier=scope.SHARED,
            PriceVersion=scope.SHARED,
            Product=scope.SHARED,
            Promotion=scope.SHARED,
            RevenueRule=scope.SHARED,
            TimeBand=scope.SHARED,
            UnitOfMeasure=scope.SHARED,
            UsageType=scope.SHARED,
            ZoneFallback=scope.SHARED,
            ZoneMap=scope.SHARED,
            ZonePrefix=scope.SHARED,
        )
