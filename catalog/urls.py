"""The pages of the catalogue, under /console/catalog/."""

from django.urls import path

from catalog.views import (
    imports,
    matrix,
    offer_forms,
    offers,
    price_forms,
    prices,
    queue,
    zones,
)

app_name = "catalog"
urlpatterns = [
    path("prices/", matrix.Matrix.as_view(), name="matrix"),
    path("prices/add/", price_forms.Add.as_view(), name="price_add"),
    path("prices/import/", imports.Upload.as_view(), name="price_import"),
    path("prices/import/preview/", imports.Preview.as_view(), name="price_import_preview"),
    path("zones/import/", zones.ImportZones.as_view(), name="zone_import"),
    path("prices/queue/", queue.Queue.as_view(), name="queue"),
    path("prices/<int:pk>/", prices.Price.as_view(), name="price"),
    path("prices/<int:pk>/change/", price_forms.Edit.as_view(), name="price_edit"),
    path("prices/<int:pk>/successor/", price_forms.Successor.as_view(), name="price_successor"),
    path("prices/<int:pk>/submit/", prices.Submit.as_view(), name="price_submit"),
    path("prices/<int:pk>/discard/", prices.Discard.as_view(), name="price_discard"),
    path("prices/<int:pk>/approve/", prices.Approve.as_view(), name="price_approve"),
    path("prices/<int:pk>/reject/", prices.Reject.as_view(), name="price_reject"),
    path("prices/<int:pk>/publish/", prices.Publish.as_view(), name="price_publish"),
    path("prices/<int:pk>/end/", prices.Retire.as_view(), name="price_retire"),
    path("offers/", offers.Offers.as_view(), name="offers"),
    path("offers/add/", offer_forms.AddOffer.as_view(), name="offer_add"),
    path("offers/versions/<int:pk>/", offers.Version.as_view(), name="version"),
    path("offers/versions/<int:pk>/next/", offer_forms.AddVersion.as_view(), name="version_add"),
    path("offers/versions/<int:pk>/charge/", offer_forms.AddCharge.as_view(), name="charge_add"),
    path(
        "offers/versions/<int:pk>/include/",
        offer_forms.AddEntitlement.as_view(),
        name="entitlement_add",
    ),
    path("offers/versions/<int:pk>/submit/", offers.SubmitOffer.as_view(), name="offer_submit"),
    path("offers/versions/<int:pk>/approve/", offers.ApproveOffer.as_view(), name="offer_approve"),
    path("offers/versions/<int:pk>/reject/", offer_forms.Reject.as_view(), name="offer_reject"),
    path("offers/versions/<int:pk>/publish/", offers.PublishOffer.as_view(), name="offer_publish"),
    path("offers/versions/<int:pk>/retire/", offers.RetireOffer.as_view(), name="offer_retire"),
]
