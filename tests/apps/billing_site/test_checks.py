"""Settings that would bill twice or hang are refused before anything runs."""

import pytest
from django.conf import settings
from django.test import override_settings

from billing_site import checks


def found(**changes: object) -> list[str | None]:
    with override_settings(Q_CLUSTER={**settings.Q_CLUSTER, **changes}):
        return [message.id for message in checks.check_task_queue(None)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"retry": 60, "timeout": 60}, "billing.E001"),
        ({"max_attempts": 0}, "billing.E002"),
        ({"catch_up": True}, "billing.E003"),
    ],
)
def test_unsafe_queue_settings_are_refused(changes: dict[str, object], code: str) -> None:
    assert found() == []
    assert found(**changes) == [code]


def test_a_connection_pool_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_database_pool(None) == []
    monkeypatch.setitem(settings.DATABASES["default"]["OPTIONS"], "pool", True)
    assert [message.id for message in checks.check_database_pool(None)] == ["billing.E004"]
