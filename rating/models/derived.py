"""Events rated again for a purpose: what a carrier charges, what a partner has of them."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from foundation.fields import CurrencyField, QuantityField, UnitPriceField, number_checks
from rating.choices import Purpose


class RatingAgreement(models.Model):
    """That the events of a usage charge are rated again for a purpose, over local days.

    Either by a charge of the carrier or partner, at the prices of its account, or as a share of
    what the event costs the customer. Events that carry the attributes of the key only; `*` for
    all. It only ends.
    """

    charge = models.ForeignKey("catalog.Charge", models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=9, choices=Purpose.choices)
    account = models.ForeignKey("customers.Account", models.PROTECT, related_name="+")
    own_charge = models.ForeignKey(
        "catalog.Charge", models.PROTECT, related_name="+", null=True, blank=True
    )
    share = models.DecimalField(max_digits=9, decimal_places=7, null=True, blank=True)
    attribute_key = models.CharField(max_length=200, default="*", db_default="*")
    valid = DateRangeField(help_text="Local days of the customer.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        permissions = [("agree_rating", "Can agree and end rating for carriers and partners")]
        constraints = [
            ExclusionConstraint(
                name="rating_ratingagreement_one_at_a_time",
                expressions=[
                    ("charge", RangeOperators.EQUAL),
                    ("purpose", RangeOperators.EQUAL),
                    ("attribute_key", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="rating_ratingagreement_purpose_known",
                condition=Q(purpose__in=Purpose.values),
            ),
            models.CheckConstraint(
                name="rating_ratingagreement_by_charge_or_share",
                condition=Q(own_charge__isnull=False, share__isnull=True)
                | Q(own_charge__isnull=True, share__gt=0, share__lte=1),
            ),
            models.CheckConstraint(
                name="rating_ratingagreement_begins",
                condition=Q(valid__isempty=False, valid__lower_inf=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.attribute_key}"


class DerivedRating(models.Model):
    """What one event comes to for one purpose; never edited, derived anew with its event.

    Keyed by itself alone and written after guiding, so that it grows as the events do, and no
    foreign key and no row trigger, as theirs. Without an amount `reason` says why.
    """

    pk = models.CompositePrimaryKey("event_id", "purpose")
    event_id = models.BigIntegerField()
    purpose = models.CharField(max_length=9, choices=Purpose.choices)
    account_id = models.BigIntegerField()
    subscription_charge_id = models.BigIntegerField()
    on_date = models.DateField()
    agreement_id = models.BigIntegerField()
    quantity = QuantityField(null=True)
    attribute_key = models.CharField(max_length=200)
    amount = UnitPriceField(null=True)
    currency = CurrencyField()
    price_version_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rating_derivedrating_amount_or_reason",
                condition=Q(amount__isnull=False, reason="")
                | Q(amount__isnull=True) & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="rating_derivedrating_purpose_known", condition=Q(purpose__in=Purpose.values)
            ),
            *number_checks("rating_derivedrating", "quantity", "amount"),
        ]
        indexes = [models.Index(fields=["on_date", "account_id"], name="rating_derivedrating_day")]


class PendingDerivation(models.Model):
    """Say that what is derived from the events of an account and local day is to be looked at.

    Written with what changed (usage, an agreement), taken when it was derived: a crash between
    the two loses nothing.
    """

    account_id = models.BigIntegerField()
    on_date = models.DateField()
