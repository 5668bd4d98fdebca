from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User


@pytest.fixture
def maker(db: None) -> User:
    return User.objects.create_user("maker", password="a long password")


@pytest.fixture
def checker(db: None) -> User:
    user = User.objects.create_user("checker", password="a long password")
    user.user_permissions.add(Permission.objects.get(codename="approve_request"))
    return user
