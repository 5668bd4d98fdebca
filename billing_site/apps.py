from django.apps import AppConfig

from foundation import scope


class BillingSiteConfig(AppConfig):
    name = "billing_site"
    verbose_name = "Billing engine"

    def ready(self) -> None:
        """Register the system checks and name the choices of the API."""
        from drf_spectacular.settings import spectacular_settings

        from billing_site import checks, openapi  # noqa: F401

        scope.register("auth", Group=scope.SHARED, Permission=scope.SHARED, User=scope.SHARED)

        names = openapi.enum_names()
        spectacular_settings.ENUM_NAME_OVERRIDES = names  # type: ignore[attr-defined]
