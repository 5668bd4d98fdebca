"""The pages of tax, under /console/tax/."""

from django.urls import path

from tax.views import forms, places, why

app_name = "tax"
urlpatterns = [
    path("places/", places.Places.as_view(), name="places"),
    path("places/add/", forms.AddPlace.as_view(), name="place_add"),
    path("taxes/add/", forms.AddTax.as_view(), name="tax_add"),
    path("places/<int:pk>/", places.Place.as_view(), name="place"),
    path("places/<int:pk>/rate/", forms.AddRate.as_view(), name="rate_add"),
    path("places/<int:pk>/rule/", forms.AddRule.as_view(), name="rule_add"),
    path("places/<int:pk>/register/", forms.Register.as_view(), name="register"),
    path("rates/<int:pk>/end/", forms.EndRate.as_view(), name="rate_end"),
    path("rules/", places.Rules.as_view(), name="rules"),
    path("rules/<int:pk>/end/", forms.EndRule.as_view(), name="rule_end"),
    path("why/", why.Why.as_view(), name="why"),
]
