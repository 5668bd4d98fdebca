"""The operations home: what needs a person now, and a month in figures."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from billing_site import roles
from billing_site.queries import home
from foundation import clock
from foundation.screens import STAFF, Screen


class Home(Screen):
    """The first page after the log-in; every figure leads to its rows."""

    reach = "own"
    title = "Operations"
    permission = STAFF
    template_name = "console/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what this user may see."""
        user, today = self.request.user, clock.today(ZoneInfo("UTC"))
        month = home.asked_month(self.request.GET.get("month", ""), today)
        held = user.groups.values_list("name", flat=True)
        return super().get_context_data(
            waiting=home.waiting(user, now=clock.now()),
            month=month,
            before=home.month_before(month),
            after=f"{month.end:%Y-%m}" if month.end <= today else "",
            figures=home.figures(user, month=month),
            my_roles=[roles.BY_NAME[name] for name in held if name in roles.BY_NAME],
            **kwargs,
        )
