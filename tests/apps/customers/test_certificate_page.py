"""An exemption certificate is revoked from its page, and the page says what is taxed then."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from customers import operations
from customers.models import ExemptionCertificate
from tests.apps.customers import build

pytestmark = pytest.mark.django_db


def page(name: str, row: ExemptionCertificate) -> str:
    return reverse(f"customers:{name}", args=[row.pk])


@pytest.fixture
def certificate() -> ExemptionCertificate:
    """Return a certificate in force from 1 January on."""
    clerk, boss = build.user("clerk"), build.user("boss")
    row = operations.draft_certificate(
        account=build.account(), number="X1", jurisdiction=build.place(),
        valid_from=date(2027, 1, 1), actor=clerk,
    )  # fmt: skip
    operations.request_certificate(certificate=row, requester=clerk)
    return operations.approve_certificate(certificate=row, approver=boss)


def test_it_is_revoked_from_a_day_with_a_reason(certificate: ExemptionCertificate) -> None:
    """TAX-6."""
    client = Client()
    client.force_login(build.user("second"))
    revoke, shown = page("revoke_certificate", certificate), page("certificate", certificate)
    assert revoke in client.get(shown).content.decode()
    assert "are taxed (TAX-6)" in client.get(revoke).content.decode()
    wrong = client.post(revoke, {"revoked_from": "2026-12-31", "reason": "moved"})
    assert (wrong.status_code, "revoked_from" in wrong.context["form"].errors) == (422, True)
    given = {"revoked_from": "2027-03-01", "reason": "moved abroad"}
    told = client.post(revoke, given, follow=True).content.decode()
    for said in ("documents dated 1 Mar 2027 or later are taxed", "moved abroad", "second"):
        assert said in told
    assert revoke not in told
    again = client.post(revoke, given)
    assert "is not in force" in again.content.decode()
