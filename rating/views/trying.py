"""Rate anything: paste events, see what they would cost and why; nothing is stored."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from customers.models import Account
from foundation import clock
from foundation.errors import Invalid
from foundation.screens import Column, Crumb, FormScreen, Table, codes
from rating import queries
from rating.queries import MOST_TRIED, Tried
from rating.rules.rows import OPTIONAL, PREFIX, REQUIRED

DAY = {"type": "date"}
KNOWN = frozenset((*REQUIRED, *OPTIONAL))


class TryForm(forms.Form):
    """An account, a day, and events as lines of a usage file."""

    account = forms.ModelChoiceField(
        Account.objects.all(),
        to_field_name="number",
        label="Account number",
        widget=forms.TextInput(),
    )
    on_date = forms.DateField(label="Day", widget=forms.DateInput(DAY, "%Y-%m-%d"))
    events = forms.CharField(
        widget=forms.Textarea({"rows": 6, "spellcheck": "false"}),
        help_text=format_html(
            "A heading and lines, as in a usage file: {}. What is left out is filled in: the key, "
            "the account's identifier, noon of the day.",
            codes("usage_type,quantity,attr.called"),
        ),
    )


class TryEvents(FormScreen):
    """Say what events would cost, with every step."""

    title = "Rate anything"
    permission = "rating.view_usageevent"
    writes = False
    form_class = TryForm
    template_name = "rating/try.html"
    intro = (
        "Events are read, guided and priced as a load would do it on that day, and not stored. "
        "Usage that is priced by its line is shown as if it were alone."
    )
    submit_label = "Rate"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the events."""
        return (Crumb("Usage events", reverse("rating:events")),)

    def get_initial(self) -> dict[str, Any]:
        """Begin today, or with the event that the address names."""
        asked = self.request.GET
        return {
            "account": asked.get("account", ""),
            "on_date": asked.get("on_date") or clock.today(ZoneInfo("UTC")),
            "events": asked.get("events", "usage_type,quantity\n"),
        }

    def submit(self, form: forms.Form) -> list[Tried]:
        """Rate the lines."""
        data = form.cleaned_data
        return queries.try_events(
            account=data["account"],
            rows=pasted(data["events"]),
            as_of=clock.now(),
            on_date=data["on_date"],
        )

    def succeeded(self) -> HttpResponse:
        """Show what came out below the form."""
        tried: list[Tried] = self.result
        rated = [one for one in tried if one.charge]
        columns = (
            Column(label="Row", value="number", kind="number"),
            Column(label="Charge", value="charge", kind="code"),
            Column(label="Local day", value=_day, kind="date"),
            Column(label="Group", value="group", kind="code"),
            Column(label="Billable", value="quantity", kind="number"),
            Column(label="Exact", value="exact", kind="number"),
            Column(label="Amount", value="amount", kind="money"),
            Column(label="Price", value="price_version_id", kind="code"),
        )
        context = self.get_context_data(
            form=self.get_form(),
            tried=tried,
            table=Table(columns=columns, rows=rated, caption="What the events would cost"),
        )
        return self.render_to_response(context)


def _day(one: Tried) -> date | None:
    return date.fromisoformat(one.day) if one.day else None


def pasted(text: str) -> list[dict[str, str]]:
    """Read lines with a heading, separated by commas, semicolons or tabs.

    Raises: Invalid.
    """
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if len(lines) < 2:
        raise Invalid("give a heading and at least one line", rule="EMPTY")
    if len(lines) > MOST_TRIED + 1:
        raise Invalid(f"rate at most {MOST_TRIED} events at a time", rule="SIZE")
    mark = max(",;\t", key=lines[0].count)
    heading, *rest = csv.reader(io.StringIO("\n".join(lines)), delimiter=mark)
    names = [name.strip() for name in heading]
    for name in names:
        if name not in KNOWN and not name.startswith(PREFIX):
            raise Invalid(f"column {name} is not known; attributes are attr.…", rule="COLUMN")
    for number, values in enumerate(rest, start=1):
        if len(values) != len(names):
            message = f"line {number} has {len(values)} fields, the heading {len(names)}"
            raise Invalid(message, rule="BAD_ROW")
    return [
        {name: value.strip() for name, value in zip(names, values, strict=True)} for values in rest
    ]
