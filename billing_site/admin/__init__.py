"""Admin pages of what other packages bring: people and roles, the task queue."""

from billing_site.admin.people import PersonAdmin, RoleAdmin
from billing_site.admin.queue import FailedTaskAdmin, FinishedTaskAdmin, ScheduleAdmin

__all__ = ["FailedTaskAdmin", "FinishedTaskAdmin", "PersonAdmin", "RoleAdmin", "ScheduleAdmin"]
