"""Addresses of payments, under /console/payments/."""

from django.urls import path

from payments import views

app_name = "payments"

urlpatterns = [
    path("", views.PaymentList.as_view(), name="payments"),
    path("record/", views.RecordForm.as_view(), name="record"),
    path("import/", views.ImportForm.as_view(), name="import"),
    path("cash/", views.CashReport.as_view(), name="cash"),
    path("<int:pk>/", views.PaymentPage.as_view(), name="payment"),
    path("<int:pk>/apply/", views.ApplyForm.as_view(), name="apply"),
    path("<int:pk>/reverse/", views.ReverseForm.as_view(), name="reverse"),
    path("reversals/<int:pk>/", views.ReversalPage.as_view(), name="paymentreversal"),
    path("batches/", views.BatchList.as_view(), name="batches"),
    path("batches/<int:pk>/", views.BatchPage.as_view(), name="batch"),
    path("unidentified/", views.ReceiptQueue.as_view(), name="unidentified"),
    path("unidentified/record/", views.ReceiveForm.as_view(), name="record_receipt"),
    path("unidentified/<int:pk>/", views.ReceiptPage.as_view(), name="unidentifiedreceipt"),
    path("unidentified/<int:pk>/identify/", views.IdentifyForm.as_view(), name="identify"),
    path("unidentified/<int:pk>/next-step/", views.NextStepForm.as_view(), name="next_step"),
    path("top-ups/<int:pk>/capture/", views.CaptureTopUp.as_view(), name="capture_top_up"),
    path("accounts/<int:pk>/payments/", views.AccountPayments.as_view(), name="account_payments"),
]
