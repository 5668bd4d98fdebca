from django.apps import AppConfig


class CollectingConfig(AppConfig):
    name = "collecting"
    label = "collections"
    verbose_name = "Collections"
