from django.apps import AppConfig

from foundation import scope


class TaxConfig(AppConfig):
    name = "tax"
    verbose_name = "Tax"

    def ready(self) -> None:
        """Say whose rows are whose."""
        scope.register(
            self.label,
            Jurisdiction=scope.SHARED,
            TaxCategory=scope.SHARED,
            TaxRate=scope.SHARED,
            TaxRegistration="entity_id",
            TaxRule=scope.SHARED,
            TaxType=scope.SHARED,
        )
