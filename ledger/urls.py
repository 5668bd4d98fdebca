"""The pages of the ledger, under /console/ledger/."""

from django.urls import path

from ledger.views import journal, periods, rates

app_name = "ledger"
urlpatterns = [
    path("trial-balance/", journal.TrialBalance.as_view(), name="trial_balance"),
    path("lines/", journal.Lines.as_view(), name="lines"),
    path("entries/", journal.Entries.as_view(), name="entries"),
    path("entries/<int:pk>/", journal.Entry.as_view(), name="entry"),
    path("periods/", periods.Periods.as_view(), name="periods"),
    path("periods/<int:pk>/", periods.Period.as_view(), name="period"),
    path("periods/<int:pk>/soft-close/", periods.SoftClose.as_view(), name="soft_close"),
    path("periods/<int:pk>/ask-close/", periods.AskClose.as_view(), name="ask_close"),
    path("periods/<int:pk>/close/", periods.Close.as_view(), name="close"),
    path("periods/<int:pk>/ask-reopen/", periods.AskReopen.as_view(), name="ask_reopen"),
    path("periods/<int:pk>/reopen/", periods.Reopen.as_view(), name="reopen"),
    path("rates/", rates.Rates.as_view(), name="rates"),
    path("rates/add/", rates.AddRate.as_view(), name="add_rate"),
]
