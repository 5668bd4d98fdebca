"""The operations home: what needs a person now, and the month in figures."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from billing_site import roles
from billing_site.queries import home
from foundation import clock
from foundation.screens import STAFF, Screen


class Home(Screen):
    """The first page after the log-in; every figure leads to its rows."""

    title = "Operations"
    permission = STAFF
    template_name = "console/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what this user may see."""
        now = clock.now()
        held = self.request.user.groups.values_list("name", flat=True)
        return super().get_context_data(
            waiting=home.waiting(self.request.user, now=now),
            month=home.month(self.request.user, today=clock.today(ZoneInfo("UTC"))),
            my_roles=[roles.BY_NAME[name] for name in held if name in roles.BY_NAME],
            **kwargs,
        )
