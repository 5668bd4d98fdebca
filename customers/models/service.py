"""Service instances, the identifiers by which usage finds them, and their status in time."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from customers.choices import ServiceState
from foundation.stamped import Stamped


class ServiceInstance(Stamped):
    """A thing in the network that a subscription pays for: a line, a meter, a tenant."""

    number = models.CharField(max_length=32, unique=True)
    subscription = models.ForeignKey(
        "customers.Subscription", models.PROTECT, related_name="services"
    )
    type = models.CharField(max_length=16)
    place_of_use = models.ForeignKey(
        "customers.Address", models.PROTECT, related_name="+", null=True, blank=True
    )
    state = models.CharField(
        max_length=12, choices=ServiceState.choices, default=ServiceState.PENDING
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="customers_serviceinstance_state_known",
                condition=Q(state__in=ServiceState.values),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ServiceIdentifier(Stamped):
    """An identifier of a service for a half-open range of instants; one owner at any instant."""

    service = models.ForeignKey(ServiceInstance, models.PROTECT, related_name="identifiers")
    type = models.CharField(max_length=16)
    value = models.CharField(max_length=64)
    valid = DateTimeRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="customers_serviceidentifier_one_owner",
                expressions=[
                    ("type", RangeOperators.EQUAL),
                    ("value", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="customers_serviceidentifier_filled",
                condition=~Q(type="") & ~Q(value="") & Q(valid__isempty=False),
            ),
        ]
        indexes = [
            models.Index(fields=["value", "type"], name="customers_serviceident_value"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.value}"


class ServiceStatusPeriod(models.Model):
    """The status of a service for a half-open range of instants."""

    service = models.ForeignKey(ServiceInstance, models.PROTECT, related_name="status_periods")
    state = models.CharField(max_length=12, choices=ServiceState.choices)
    valid = DateTimeRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="customers_servicestatusperiod_one_at_a_time",
                expressions=[
                    ("service", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="customers_servicestatusperiod_state_known",
                condition=Q(state__in=ServiceState.values) & Q(valid__isempty=False),
            ),
        ]
