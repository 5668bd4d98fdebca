"""The pages of the roof, under /console/."""

from django.urls import path

from billing_site.views import approvals, history, home, integrity, jobs, keys, limits, reports

app_name = "console"
urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("approvals/", approvals.Inbox.as_view(), name="approvals"),
    path("approvals/limits/", limits.Policies.as_view(), name="policies"),
    path("approvals/limits/new/", limits.NewLimit.as_view(), name="new_limit"),
    path("approvals/limits/<int:pk>/", limits.ChangeLimit.as_view(), name="limit"),
    path("approvals/<int:pk>/", approvals.Request.as_view(), name="approval"),
    path("approvals/<int:pk>/approve/", approvals.Approve.as_view(), name="approve"),
    path("approvals/<int:pk>/reject/", approvals.Reject.as_view(), name="reject"),
    path(
        "accounts/<int:pk>/history/",
        history.History.as_view(label="customers.account"),
        name="account_history",
    ),
    path("history/<str:label>/<int:pk>/", history.History.as_view(), name="history"),
    path("imports/", reports.Imports.as_view(), name="imports"),
    path("imports/<int:pk>/", reports.ImportErrors.as_view(), name="import"),
    path("jobs/", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/<int:pk>/", jobs.Job.as_view(), name="job"),
    path("jobs/<int:pk>/release/", jobs.Release.as_view(), name="release_job"),
    path("keys/", keys.Keys.as_view(), name="keys"),
    path("keys/new/", keys.NewKey.as_view(), name="new_key"),
    path("keys/<int:pk>/", keys.Key.as_view(), name="key"),
    path("keys/<int:pk>/revoke/", keys.RevokeKey.as_view(), name="revoke_key"),
    path("integrity/", integrity.Board.as_view(), name="integrity"),
    path("integrity/run/", integrity.Run.as_view(), name="integrity_run"),
    path("integrity/<str:code>/", integrity.Findings.as_view(), name="findings"),
    path("reports/", reports.Index.as_view(), name="reports"),
]
