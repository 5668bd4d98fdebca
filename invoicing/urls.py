"""Addresses of the billing pages under /console/invoicing/."""

from django.urls import path, re_path

from invoicing.views import (
    asking,
    cycle_change,
    documents,
    late_usage,
    lines,
    memos,
    moves,
    prepaid,
    previews,
    registers,
    rerates,
    run_account,
    run_page,
    runs,
    simulating,
)

app_name = "invoicing"

urlpatterns = [
    path("accounts/<int:pk>/next/", previews.AccountNext.as_view(), name="account_next"),
    path(
        "accounts/<int:pk>/cycle-preview/",
        cycle_change.CyclePreview.as_view(),
        name="cycle_preview",
    ),
    path(
        "accounts/<int:pk>/change-cycle/",
        cycle_change.ChangeCycle.as_view(),
        name="change_cycle",
    ),
    path("cycle-changes/", cycle_change.CycleChangeList.as_view(), name="cycle_changes"),
    path(
        "cycle-changes/<int:pk>/withdraw/",
        cycle_change.WithdrawCycleChange.as_view(),
        name="withdraw_cycle_change",
    ),
    path("accounts/<int:pk>/move-preview/", moves.MovePreview.as_view(), name="move_preview"),
    path(
        "orders/<int:pk>/submit-previewed/",
        previews.SubmitPreviewed.as_view(),
        name="submit_previewed",
    ),
    path("orders/<int:pk>/preview/", previews.OrderPreview.as_view(), name="order_preview"),
    path("runs/", runs.RunList.as_view(), name="runs"),
    path("runs/start/", runs.RunStart.as_view(), name="start"),
    path("runs/<int:pk>/", run_page.RunPage.as_view(), name="run"),
    path("runs/<int:pk>/cancel/", run_page.CancelRun.as_view(), name="cancel_run"),
    path("runs/<int:pk>/accounts/", run_page.RunAccounts.as_view(), name="run_accounts"),
    path("runs/<int:pk>/findings/", run_page.RunFindings.as_view(), name="run_findings"),
    path(
        "runs/<int:pk>/accounts/<int:payer_id>/",
        run_account.RunAccountPage.as_view(),
        name="run_account",
    ),
    re_path(
        r"^runs/(?P<pk>[0-9]+)/accounts/(?P<payer_id>[0-9]+)/(?P<verb>hold|release|recalculate)/$",
        run_account.RunAccountAction.as_view(),
        name="run_account_action",
    ),
    re_path(
        r"^runs/(?P<pk>[0-9]+)/(?P<verb>approve_run|post_run|recalculate|resume)/$",
        run_page.RunAction.as_view(),
        name="run_action",
    ),
    path("held/", runs.HeldAccounts.as_view(), name="held"),
    path("left-off/", runs.ChargesLeftOff.as_view(), name="left_off"),
    path("accounts/<int:pk>/sell-balance/", prepaid.SellBalance.as_view(), name="sell_balance"),
    path("balances/<int:pk>/pay-back/", prepaid.PayBackBalance.as_view(), name="pay_back_balance"),
    path("cycles/", runs.CycleList.as_view(), name="cycles"),
    path("cycles/new/", runs.CycleNew.as_view(), name="new_cycle"),
    path("documents/", documents.DocumentList.as_view(), name="invoices"),
    path("documents/<int:pk>/", documents.DocumentPage.as_view(), name="invoice"),
    path("documents/<int:pk>/pdf/", documents.DocumentPdf.as_view(), name="pdf"),
    path("documents/<int:pk>/credit/", asking.RequestCredit.as_view(), name="request_credit"),
    path("documents/<int:pk>/debit/", asking.RequestLineDebit.as_view(), name="line_debit"),
    path("accounts/<int:pk>/goodwill/", asking.RequestGoodwill.as_view(), name="goodwill"),
    path("accounts/<int:pk>/debit/", asking.RequestDebit.as_view(), name="debit"),
    path("lines/<int:pk>/", lines.LinePage.as_view(), name="line"),
    path("usage/<int:charge>/<str:day>/", lines.UsageLine.as_view(), name="usage_line"),
    path(
        "accounts/<int:pk>/documents/",
        documents.AccountInvoices.as_view(),
        name="account_invoices",
    ),
    path("credits/", memos.CreditQueue.as_view(), name="credits"),
    path("credits/<int:pk>/", memos.CreditPage.as_view(), name="credit"),
    path("credits/<int:pk>/grant/", memos.GrantCredit.as_view(), name="grant_credit"),
    path("credits/<int:pk>/refuse/", memos.RefuseCredit.as_view(), name="refuse_credit"),
    path(
        "prices/<int:pk>/simulation/",
        simulating.PriceSimulation.as_view(),
        name="price_simulation",
    ),
    path("rerates/<int:pk>/", rerates.ReratePreview.as_view(), name="rerate_preview"),
    path("late-usage/", late_usage.LateUsageList.as_view(), name="late_usage"),
    path("register/", registers.Register.as_view(), name="register"),
    path("taxes/", registers.TaxReport.as_view(), name="taxes"),
]
