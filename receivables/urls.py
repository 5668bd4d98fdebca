"""Addresses of receivables, under /console/receivables/."""

from django.urls import path

from receivables import views

app_name = "receivables"

urlpatterns = [
    path("ageing/", views.AgeingList.as_view(), name="ageing"),
    path("items/", views.ItemList.as_view(), name="items"),
    path("items/<int:pk>/", views.ItemPage.as_view(), name="openitem"),
    path("items/<int:pk>/dispute/", views.DisputeForm.as_view(), name="dispute"),
    path("accounts/<int:pk>/items/", views.AccountItems.as_view(), name="account_items"),
    path("accounts/<int:pk>/apply/", views.ApplyCredits.as_view(), name="apply_credits"),
    path(
        "allocations/<int:pk>/reverse/",
        views.ReverseAllocation.as_view(),
        name="reverse_allocation",
    ),
]
