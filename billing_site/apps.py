from django.apps import AppConfig


class BillingSiteConfig(AppConfig):
    name = "billing_site"
    verbose_name = "Billing engine"

    def ready(self) -> None:
        """Register the system checks."""
        from billing_site import checks  # noqa: F401
