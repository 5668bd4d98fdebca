"""Exemption certificates: who need not pay which tax, from when to when."""

from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q

from customers.choices import CertificateState
from foundation.fields import RateField, number_checks
from foundation.stamped import Stamped


class ExemptionCertificate(Stamped):
    """An exemption of an account from a tax, in force once a second person approved it (TAX-6).

    Empty tax type and category mean every one. Only a certificate that flows down holds for the
    accounts below (HIER-5). A revoked one still holds for days before `revoked_from`.
    """

    number = models.CharField(max_length=64)
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="certificates")
    jurisdiction = models.ForeignKey("tax.Jurisdiction", models.PROTECT, related_name="+")
    tax_type = models.ForeignKey(
        "tax.TaxType", models.PROTECT, related_name="+", null=True, blank=True
    )
    category_code = models.CharField(max_length=32, blank=True, default="")
    percent = RateField(default=1, help_text="Exempt fraction of the tax: 1 is all of it.")
    valid = DateRangeField()
    flows_down = models.BooleanField(default=False)
    document_reference = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(
        max_length=12, choices=CertificateState.choices, default=CertificateState.DRAFT
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    revoked_from = models.DateField(null=True, blank=True)
    revoked_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        permissions = [
            ("request_certificate", "Can send an exemption certificate for approval"),
            ("approve_certificate", "Can approve or revoke an exemption certificate"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "number", "jurisdiction"],
                name="customers_exemptioncertificate_number_once",
            ),
            models.CheckConstraint(
                name="customers_exemptioncertificate_state_known",
                condition=Q(state__in=CertificateState.values),
            ),
            models.CheckConstraint(
                name="customers_exemptioncertificate_percent_is_share",
                condition=Q(percent__gt=0, percent__lte=1),
            ),
            models.CheckConstraint(
                name="customers_exemptioncertificate_has_days", condition=Q(valid__isempty=False)
            ),
            *number_checks("customers_exemptioncertificate", "percent"),
            models.CheckConstraint(
                name="customers_exemptioncertificate_second_person",
                condition=~Q(approved_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="customers_exemptioncertificate_approved_by_someone",
                condition=Q(approved_by__isnull=False)
                | ~Q(state__in=[CertificateState.APPROVED, CertificateState.REVOKED]),
            ),
            models.CheckConstraint(
                name="customers_exemptioncertificate_revoked_from_a_day",
                condition=(
                    Q(state=CertificateState.REVOKED, revoked_from__isnull=False)
                    & ~Q(revoked_reason="")
                )
                | (
                    ~Q(state=CertificateState.REVOKED)
                    & Q(revoked_from__isnull=True, revoked_reason="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number
