"""Who we do business with: the party, the people to talk to, the checks of its VAT number."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from customers.choices import ContactRole, CustomerKind, CustomerStatus
from foundation.stamped import Stamped


class Customer(Stamped):
    """A person or organisation that owns accounts."""

    number = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=8, choices=CustomerKind.choices)
    legal_name = models.CharField(max_length=200)
    trading_name = models.CharField(max_length=200, blank=True, default="")
    segment = models.CharField(
        max_length=32, default="*", help_text="Price segment; * is none in particular."
    )
    language = models.CharField(max_length=8, default="en")
    status = models.CharField(
        max_length=8, choices=CustomerStatus.choices, default=CustomerStatus.ACTIVE
    )
    external_id = models.CharField(max_length=64, blank=True, default="")
    vat_id = models.CharField("VAT id", max_length=20, blank=True, default="")
    registration_no = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        permissions = [
            ("import_customers", "Can import customers, accounts and orders"),
            ("export_lists", "Can export lists to files"),
        ]
        constraints = [
            models.CheckConstraint(
                name="customers_customer_kind_known", condition=Q(kind__in=CustomerKind.values)
            ),
            models.CheckConstraint(
                name="customers_customer_status_known",
                condition=Q(status__in=CustomerStatus.values),
            ),
            models.CheckConstraint(
                name="customers_customer_named", condition=~Q(number="") & ~Q(legal_name="")
            ),
            models.UniqueConstraint(
                fields=["external_id"],
                name="customers_customer_external_id_once",
                condition=~Q(external_id=""),
            ),
        ]
        indexes = [
            GinIndex(
                OpClass(Upper("legal_name"), name="gin_trgm_ops"),
                name="customers_customer_name_like",
            ),
            models.Index(
                fields=["number"],
                name="customers_customer_number_like",
                opclasses=["varchar_pattern_ops"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.legal_name}"

    def is_business(self) -> bool:
        """Tell whether tax treats the customer as a business."""
        return self.kind != CustomerKind.PERSON


class Contact(Stamped):
    """A person of a customer whom we write to or call; for one account or for all of them."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contacts")
    account = models.ForeignKey(
        "customers.Account", models.PROTECT, related_name="contacts", null=True, blank=True
    )
    role = models.CharField(max_length=12, choices=ContactRole.choices)
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=32, blank=True, default="")
    language = models.CharField(max_length=8, blank=True, default="")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="customers_contact_role_known", condition=Q(role__in=ContactRole.values)
            ),
            models.CheckConstraint(
                name="customers_contact_reachable", condition=~Q(email="") | ~Q(phone="")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VatIdCheck(models.Model):
    """One answer of a VAT number check; kept as evidence, never changed (TAX-7)."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="vat_id_checks")
    vat_id = models.CharField("VAT id", max_length=20)
    checked_on = models.DateField()
    is_valid = models.BooleanField()
    source = models.CharField(max_length=32)
    consultation_reference = models.CharField(max_length=64, blank=True, default="")
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer", "checked_on"], name="customers_vatidcheck_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.vat_id} {self.checked_on}"
