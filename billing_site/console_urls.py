"""The pages of the roof, under /console/."""

from django.urls import path

from billing_site.views import (
    approvals,
    deliveries,
    history,
    home,
    integrity,
    jobs,
    keys,
    limits,
    reports,
    webhooks,
)

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
    path("webhooks/", webhooks.Endpoints.as_view(), name="webhooks"),
    path("webhooks/new/", webhooks.NewEndpoint.as_view(), name="new_webhook"),
    path("webhooks/deliveries/", deliveries.Deliveries.as_view(), name="deliveries"),
    path("webhooks/deliveries/<int:pk>/", deliveries.Delivery.as_view(), name="delivery"),
    path("webhooks/deliveries/<int:pk>/again/", deliveries.SendAgain.as_view(), name="send_again"),
    path("webhooks/deliveries/<int:pk>/skip/", deliveries.Skip.as_view(), name="skip_delivery"),
    path("webhooks/<int:pk>/", webhooks.Endpoint.as_view(), name="webhook"),
    path("webhooks/<int:pk>/secret/", webhooks.ChangeSecret.as_view(), name="webhook_secret"),
    path("webhooks/<int:pk>/pause/", webhooks.Pause.as_view(), name="pause_webhook"),
    path("webhooks/<int:pk>/resume/", webhooks.Resume.as_view(), name="resume_webhook"),
    path("webhooks/<int:pk>/close/", webhooks.Close.as_view(), name="close_webhook"),
    path("webhooks/<int:pk>/test/", webhooks.SendTest.as_view(), name="test_webhook"),
    path("reports/", reports.Index.as_view(), name="reports"),
]
