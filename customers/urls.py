"""Addresses of the customers room, under /console/customers/."""

from django.urls import path

from customers import views
from customers.views import commitments, discounts

app_name = "customers"

urlpatterns = [
    path("", views.CustomerList.as_view(), name="customers"),
    path("import/", views.ImportPage.as_view(), name="import"),
    path("new/", views.NewCustomer.as_view(), name="new_customer"),
    path("<int:pk>/", views.CustomerPage.as_view(), name="customer"),
    path("<int:pk>/edit/", views.EditCustomer.as_view(), name="edit_customer"),
    path("<int:pk>/vat-checks/new/", views.RecordVatCheck.as_view(), name="vat_check"),
    path("<int:pk>/contacts/new/", views.NewContact.as_view(), name="new_contact"),
    path("<int:pk>/accounts/new/", views.OpenAccount.as_view(), name="open_account"),
    path("accounts/", views.AccountList.as_view(), name="accounts"),
    path("accounts/<int:pk>/", views.AccountPage.as_view(), name="account"),
    path("accounts/<int:pk>/tree/", views.AccountTree.as_view(), name="account_tree"),
    path("accounts/<int:pk>/services/", views.AccountServices.as_view(), name="account_services"),
    path("accounts/<int:pk>/orders/", views.AccountOrders.as_view(), name="account_orders"),
    path("accounts/<int:pk>/orders/new/", views.AddOrder.as_view(), name="add_order"),
    path("accounts/<int:pk>/below/", views.OpenBelow.as_view(), name="open_below"),
    path("accounts/<int:pk>/edit/", views.EditAccount.as_view(), name="edit_account"),
    path("accounts/<int:pk>/address/", views.AddressForm.as_view(), name="set_address"),
    path("accounts/<int:pk>/move/", views.MoveAccount.as_view(), name="move_account"),
    path("accounts/<int:pk>/redirect/", views.RedirectCharges.as_view(), name="redirect"),
    path("accounts/<int:pk>/discounts/", discounts.AccountDiscounts.as_view(), name="discounts"),
    path(
        "accounts/<int:pk>/discounts/give/",
        discounts.GiveDiscount.as_view(),
        name="give_discount",
    ),
    path("discounts/<int:pk>/", discounts.GrantPage.as_view(), name="granted_discount"),
    path("discounts/<int:pk>/end/", discounts.EndGrant.as_view(), name="end_discount"),
    path(
        "discounts/<int:pk>/approve/", discounts.ApproveDiscount.as_view(), name="approve_discount"
    ),
    path("discounts/<int:pk>/reject/", discounts.RejectDiscount.as_view(), name="reject_discount"),
    path(
        "contracts/<int:pk>/commitments/new/",
        commitments.AgreeCommitment.as_view(),
        name="agree_commitment",
    ),
    path("commitments/<int:pk>/end/", commitments.EndCommitment.as_view(), name="end_commitment"),
    path("redirections/<int:pk>/end/", views.EndRedirection.as_view(), name="end_redirection"),
    path("accounts/<int:pk>/hold/", views.HoldAccount.as_view(), name="hold_account"),
    path("accounts/<int:pk>/release/", views.ReleaseAccount.as_view(), name="release_account"),
    path("accounts/<int:pk>/close/", views.CloseAccount.as_view(), name="close_account"),
    path("accounts/<int:pk>/contracts/new/", views.NewContract.as_view(), name="new_contract"),
    path(
        "accounts/<int:pk>/certificates/new/",
        views.NewCertificate.as_view(),
        name="new_certificate",
    ),
    path("contracts/<int:pk>/", views.ContractPage.as_view(), name="contract"),
    path("contracts/<int:pk>/sign/", views.SignContract.as_view(), name="sign_contract"),
    path(
        "contracts/<int:pk>/terminate/",
        views.TerminateContract.as_view(),
        name="terminate_contract",
    ),
    path(
        "contracts/<int:pk>/prices/new/",
        views.NewContractPrice.as_view(),
        name="new_contract_price",
    ),
    path("certificates/", views.CertificateList.as_view(), name="certificates"),
    path("certificates/<int:pk>/", views.CertificatePage.as_view(), name="certificate"),
    path(
        "certificates/<int:pk>/request/",
        views.RequestCertificate.as_view(),
        name="request_certificate",
    ),
    path(
        "certificates/<int:pk>/approve/",
        views.ApproveCertificate.as_view(),
        name="approve_certificate",
    ),
    path(
        "certificates/<int:pk>/revoke/",
        views.RevokeCertificate.as_view(),
        name="revoke_certificate",
    ),
    path(
        "certificates/<int:pk>/reject/",
        views.RejectCertificate.as_view(),
        name="reject_certificate",
    ),
    path("orders/", views.OrderList.as_view(), name="orders"),
    path("fall-out/", views.FalloutList.as_view(), name="fallout"),
    path("fall-out/<int:pk>/", views.ResolveFailure.as_view(), name="resolve_failure"),
    path("subscriptions/<int:pk>/failed/", views.ReportFailure.as_view(), name="report_failure"),
    path("changes/", views.UpcomingList.as_view(), name="upcoming"),
    path("orders/<int:pk>/", views.OrderPage.as_view(), name="order"),
    path("orders/<int:pk>/change/", views.ReviseOrder.as_view(), name="revise_order"),
    path("orders/<int:pk>/submit/", views.SubmitOrder.as_view(), name="submit_order"),
    path("orders/<int:pk>/approve/", views.ApproveOrder.as_view(), name="approve_order"),
    path("orders/<int:pk>/send-back/", views.SendBackOrder.as_view(), name="send_back_order"),
    path("orders/<int:pk>/cancel/", views.CancelOrder.as_view(), name="cancel_order"),
    path("migration/", views.MigrationPage.as_view(), name="migration"),
    path("subscriptions/", views.SubscriptionList.as_view(), name="subscriptions"),
    path("subscriptions/<int:pk>/", views.SubscriptionPage.as_view(), name="subscription"),
    path("subscriptions/<int:pk>/modify/", views.ModifyOrder.as_view(), name="modify_order"),
    path(
        "subscriptions/<int:pk>/terminate/",
        views.TerminateOrder.as_view(),
        name="terminate_order",
    ),
    path("subscriptions/<int:pk>/suspend/", views.SuspendOrder.as_view(), name="suspend_order"),
    path("subscriptions/<int:pk>/resume/", views.ResumeOrder.as_view(), name="resume_order"),
    path("subscriptions/<int:pk>/renew/", views.RenewOrder.as_view(), name="renew_order"),
    path("subscriptions/<int:pk>/transfer/", views.TransferOrder.as_view(), name="transfer_order"),
    path("subscriptions/<int:pk>/withdraw-end/", views.WithdrawEnd.as_view(), name="withdraw_end"),
    path(
        "subscriptions/<int:pk>/activation/",
        views.RecordDay.as_view(what="activation"),
        name="record_activation",
    ),
    path(
        "subscriptions/<int:pk>/acceptance/",
        views.RecordDay.as_view(what="acceptance"),
        name="record_acceptance",
    ),
]
