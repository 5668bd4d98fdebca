"""Every address of the site: the console, the admin pages, the API."""

from importlib import import_module, util

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from billing_site import health
from billing_site.roles import PACKAGES


def consoles() -> list[URLResolver]:
    """Return each room's pages under /console/<label>/."""
    return [
        path(f"console/{label}/", include(f"{package}.urls"))
        for label, package in PACKAGES.items()
        if util.find_spec(f"{package}.urls")
    ]


def api_router() -> DefaultRouter:
    """Return the router with every room's ROUTES."""
    router = DefaultRouter(trailing_slash=True)
    router.include_root_view = False
    router.include_format_suffixes = False
    for package in PACKAGES.values():
        if util.find_spec(f"{package}.api") and util.find_spec(f"{package}.api.routes"):
            for prefix, view_set, basename in import_module(f"{package}.api.routes").ROUTES:
                router.register(prefix, view_set, basename=basename)
    return router


urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="console:home"), name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", RedirectView.as_view(pattern_name="console:home")),
    path("admin/", admin.site.urls),
    path("console/", include("billing_site.console_urls")),
    *consoles(),
    path("api/v1/schema/", SpectacularAPIView.as_view(permission_classes=[]), name="schema"),
    path(
        "api/v1/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", permission_classes=[]),
        name="api-docs",
    ),
    path("api/v1/", include((api_router().urls, "api"))),
]

handler403 = "billing_site.views.errors.forbidden"
handler404 = "billing_site.views.errors.not_found"
handler500 = "billing_site.views.errors.server_error"
