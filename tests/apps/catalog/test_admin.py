"""The set-up of the catalogue in the admin: saved through the operations that define it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from catalog.models import Product

pytestmark = pytest.mark.django_db


def test_a_product_of_the_admin_is_defined_by_its_operation(client: Client) -> None:
    """So that the form and every other door say the same, and note who."""
    boss = User.objects.create_superuser("boss")
    client.force_login(boss)
    given = {"code": "LINE", "name": "Line", "product_type": "SERVICE", "is_active": "on"}
    add = reverse("admin:catalog_product_add")
    assert client.post(add, given).status_code == 302
    made = Product.objects.get(code="LINE")
    assert (made.created_by, made.is_active) == (boss, True)
    change = reverse("admin:catalog_product_change", args=[made.pk])
    assert client.post(change, {"name": "Line 2", "product_type": "SERVICE"}).status_code == 302
    made.refresh_from_db()
    assert (made.code, made.name, made.is_active) == ("LINE", "Line 2", False)
    wrong = client.post(add, {**given, "code": "a b"}, follow=True).content.decode()
    assert "Not saved" in wrong
    assert Product.objects.count() == 1
