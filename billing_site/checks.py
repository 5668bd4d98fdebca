"""System checks for settings that would work for a while and then bill twice or hang."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register


@register()
def check_task_queue(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse queue settings under which a task runs twice at once, for ever, or in a crowd."""
    queue = settings.Q_CLUSTER
    found: list[CheckMessage] = []
    if queue["retry"] <= queue["timeout"]:
        found.append(
            Error(
                "Q_CLUSTER retry must be longer than timeout.",
                hint="Otherwise a task is handed out again while it still runs.",
                id="billing.E001",
            )
        )
    if queue.get("max_attempts", 0) < 1:
        found.append(
            Error("Q_CLUSTER max_attempts must be set: 0 retries for ever.", id="billing.E002")
        )
    if queue.get("catch_up", True):
        found.append(
            Error(
                "Q_CLUSTER catch_up must be False.",
                hint="After a long stop every missed tick would be run; sweeps find what is due.",
                id="billing.E003",
            )
        )
    return found


@register()
def check_database_pool(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse the connection pool: the task cluster forks, and a pool shared by forks breaks."""
    if settings.DATABASES["default"].get("OPTIONS", {}).get("pool"):
        return [
            Error(
                "The database option 'pool' must not be used.",
                hint="Put PgBouncer in front and set BEHIND_PGBOUNCER=true.",
                id="billing.E004",
            )
        ]
    return []


@register(deploy=True)
def check_mail_is_sent(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Remind an operator whose customers would get no mail."""
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        return [
            checks.Warning(
                "Mail is printed to the log, not sent.",
                hint="Set EMAIL_URL, for example smtp+tls://user:password@host:587.",
                id="billing.W001",
            )
        ]
    return []
