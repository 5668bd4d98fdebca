"""Addresses of the usage pages under /console/rating/."""

from django.urls import path

from rating import views

app_name = "rating"
urlpatterns = [
    path("files/", views.FileList.as_view(), name="files"),
    path("files/load/", views.LoadFile.as_view(), name="load"),
    path("files/<int:pk>/", views.FilePage.as_view(), name="file"),
    path("files/<int:pk>/rejected/", views.RejectedRows.as_view(), name="rejected"),
    path("files/<int:pk>/resume/", views.ResumeFile.as_view(), name="resume"),
    path("files/<int:pk>/take-back/", views.TakeBackFile.as_view(), name="take_back_file"),
    path("suspense/", views.SuspenseGroups.as_view(), name="suspense"),
    path("suspense/rows/", views.SuspenseRows.as_view(), name="suspense_rows"),
    path("suspense/work/", views.WorkSuspense.as_view(), name="suspense_work"),
    path("suspense/<int:pk>/", views.SuspensePage.as_view(), name="suspense_item"),
    path("write-offs/", views.WriteOffList.as_view(), name="write_offs"),
    path("write-offs/<int:pk>/", views.WriteOffPage.as_view(), name="write_off"),
    path(
        "write-offs/<int:pk>/approve/", views.ApproveWriteOff.as_view(), name="approve_write_off"
    ),
    path("write-offs/<int:pk>/reject/", views.RejectWriteOff.as_view(), name="reject_write_off"),
    path(
        "write-offs/<int:pk>/withdraw/",
        views.WithdrawWriteOff.as_view(),
        name="withdraw_write_off",
    ),
    path(
        "write-offs/<int:pk>/reverse/", views.ReverseWriteOff.as_view(), name="reverse_write_off"
    ),
    path("rerates/", views.RerateList.as_view(), name="rerates"),
    path("rerates/new/", views.NewRerate.as_view(), name="new_rerate"),
    path("rerates/<int:pk>/", views.ReratePage.as_view(), name="rerate"),
    path("rerates/<int:pk>/request/", views.RequestRerate.as_view(), name="request_rerate"),
    path("rerates/<int:pk>/approve/", views.ApproveRerate.as_view(), name="approve_rerate"),
    path("rerates/<int:pk>/reject/", views.RejectRerate.as_view(), name="reject_rerate"),
    path("events/", views.EventSearch.as_view(), name="events"),
    path("try/", views.TryEvents.as_view(), name="try"),
    path("events/<int:account_id>/<int:pk>/", views.EventPage.as_view(), name="event"),
    path(
        "events/<int:account_id>/<int:pk>/amend/", views.AmendEvent.as_view(), name="amend_event"
    ),
    path(
        "events/<int:account_id>/<int:pk>/cancel/",
        views.CancelEvent.as_view(),
        name="cancel_event",
    ),
    path("accounts/<int:pk>/balances/", views.AccountBalances.as_view(), name="account_balances"),
    path("accounts/<int:pk>/balances/give/", views.GiveBalance.as_view(), name="balance_give"),
    path(
        "accounts/<int:pk>/balances/give-money/",
        views.GiveMoney.as_view(),
        name="money_give",
    ),
    path("balances/<int:pk>/", views.BalancePage.as_view(), name="balance"),
    path("balances/<int:pk>/take/", views.TakeBalance.as_view(), name="balance_take"),
    path("accounts/<int:pk>/caps/", views.AccountCaps.as_view(), name="account_caps"),
    path("accounts/<int:pk>/caps/set/", views.SetCap.as_view(), name="cap_set"),
    path("margins/", views.MarginList.as_view(), name="margins"),
    path("agreements/", views.AgreementList.as_view(), name="agreements"),
    path("agreements/add/", views.AgreeRating.as_view(), name="agreement_add"),
    path("agreements/<int:pk>/end/", views.EndAgreement.as_view(), name="agreement_end"),
    path("accounts/<int:pk>/top-ups/", views.AccountTopUps.as_view(), name="account_top_ups"),
    path("accounts/<int:pk>/top-ups/set/", views.SetTopUp.as_view(), name="top_up_set"),
    path("top-up-rules/<int:pk>/end/", views.EndTopUp.as_view(), name="top_up_end"),
    path("top-ups/", views.TopUpList.as_view(), name="top_ups"),
    path("top-ups/<int:pk>/", views.TopUpPage.as_view(), name="top_up"),
    path("top-ups/<int:pk>/fail/", views.FailTopUp.as_view(), name="fail_top_up"),
    path("alerts/", views.AlertList.as_view(), name="alerts"),
    path("accounts/<int:pk>/pools/", views.AccountPools.as_view(), name="account_pools"),
    path("accounts/<int:pk>/pools/open/", views.OpenPool.as_view(), name="pool_open"),
    path("pools/<int:pk>/", views.PoolPage.as_view(), name="pool"),
    path("pools/<int:pk>/end/", views.EndPool.as_view(), name="pool_end"),
    path("accounts/<int:pk>/usage/", views.AccountUsage.as_view(), name="account_usage"),
]
