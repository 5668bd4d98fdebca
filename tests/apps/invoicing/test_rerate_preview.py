"""RATE-2: what rating again would bill or credit on the next documents, before it is done."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

import invoicing.operations
import rating.operations
from customers.models import ServiceIdentifier
from rating.models import UsageAggregate
from tests.apps.invoicing.company import Company
from tests.apps.invoicing.stored import came, data_plan, line

pytestmark = pytest.mark.django_db
JAN, FEB, MAR = (date(2027, month, 1) for month in (1, 2, 3))
AT = datetime(2027, 2, 3, tzinfo=UTC)
D = Decimal


@pytest.fixture(autouse=True)
def _spool(settings: LazySettings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def test_billed_usage_of_another_is_credited_and_billed_anew(
    company: Company, client: Client
) -> None:
    """Ten units at 2.00, billed to the first, were the second's: 20.00 net each way (CHG-3)."""
    plan = data_plan(company, price_model="PER_UNIT", price=D(2))
    first, second = company.payer("First"), company.payer("Second")
    line(first, plan, "4915", JAN)
    line(second, plan, "4916", JAN)
    came(datetime(2027, 1, 11, tzinfo=UTC), ("4915", "2027-01-10T10:00:00Z", "10"))
    company.bill(FEB)
    one, other = (ServiceIdentifier.objects.get(value=number) for number in ("4915", "4916"))
    one.value, other.value = "4999", "4915"
    one.save()
    other.save()
    job = rating.operations.open_rerate(
        start=JAN, end=FEB, reason="wrong owner", as_of=AT, actor=None
    )
    found = invoicing.operations.preview_rerate(job=job, at=AT, actor=None)
    changes = {row.after.payer_id: row.after.net - row.before.net for row in found}
    assert changes == {first.pk: D(-20), second.pk: D(20)}
    assert UsageAggregate.objects.get().account_id == first.pk
    client.force_login(User.objects.create_superuser("reader"))
    page = client.get(reverse("invoicing:rerate_preview", args=[job.pk])).content.decode()
    assert "20.00" in page
    assert "Second" in page or second.number in page
