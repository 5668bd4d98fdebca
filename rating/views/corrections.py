"""Correct stored usage: amend or cancel an event, take a file back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse

from foundation import clock
from foundation.screens import Crumb, FormScreen
from rating import operations
from rating.models import UsageFile
from rating.rules.rows import PREFIX
from rating.views.asked import person
from rating.views.events import OfEvent, event_url
from rating.views.suspense import item_url, spoken

BILLED = "What of it was billed is corrected on the next document."
AMENDABLE = (
    "usage_type", "identifier_type", "identifier", "event_start", "event_end", "quantity",
)  # fmt: skip


class WhyForm(forms.Form):
    """Why usage is corrected."""

    reason = forms.CharField(label="Why", min_length=5, max_length=300)


class AmendForm(WhyForm):
    """The event as it came; what is changed is amended."""

    def __init__(self, *args: Any, values: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in values.items():
            self.fields[name] = forms.CharField(
                label=spoken(name), initial=value, max_length=500, required=name in AMENDABLE
            )
        self.order_fields([*values, "reason"])


class CorrectEvent(OfEvent, FormScreen):
    """A correction of the event of the address."""

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the event."""
        return (*super().crumbs(), Crumb(self.event.event_key, event_url(self.event)))

    def get_success_url(self) -> str:
        """Go to the record of what was done."""
        return item_url(self.result)


class AmendEvent(CorrectEvent):
    """Put an event through the pipeline again with other values."""

    title = "Amend event"
    permission = "rating.recycle_suspense"
    form_class = AmendForm
    intro = f"The event as it came stays on record. The quantity is in the base unit. {BILLED}"
    submit_label = "Amend"
    success_message = "Amended: the event counts with its new values."

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the event as it stands."""
        event = self.event
        values = {
            "usage_type": event.usage_type,
            "identifier_type": event.identifier_type,
            "identifier": event.identifier,
            "event_start": event.event_start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "event_end": event.event_end.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "quantity": f"{event.quantity.normalize():f}",
            **{PREFIX + name: str(value) for name, value in sorted(event.attributes.items())},
        }
        return {**super().get_form_kwargs(), "values": values}

    def submit(self, form: forms.Form) -> Any:
        """Call the operation with what was changed."""
        given = form.cleaned_data
        return operations.amend_event(
            account_id=self.event.account_id,
            event_id=self.event.id,
            corrections={name: given[name] for name in form.changed_data if name != "reason"},
            reason=given["reason"],
            as_of=clock.now(),
            actor=person(self.request),
        )


class CancelEvent(CorrectEvent):
    """Take an event back for ever."""

    title = "Cancel event"
    permission = "rating.write_off_usage"
    form_class = WhyForm
    intro = f"The event stays on record as a row written off, and its key stays taken. {BILLED}"
    submit_label = "Cancel event"
    success_message = "Cancelled: the event counts no more."

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.cancel_event(
            account_id=self.event.account_id,
            event_id=self.event.id,
            reason=form.cleaned_data["reason"],
            as_of=clock.now(),
            actor=person(self.request),
        )


class TakeBackFile(FormScreen):
    """Take all events of a loaded file back."""

    subject = UsageFile
    title = "Take file back"
    permission = "rating.load_usage"
    form_class = WhyForm
    intro = (
        "All its events go to suspense: recycle them there to let them count again, corrected "
        f"first or not, or write them off. Their keys stay taken. {BILLED}"
    )
    submit_label = "Take back"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the file."""
        file = get_object_or_404(UsageFile, pk=self.kwargs["pk"])
        return (Crumb(file.name, self.get_success_url()),)

    def submit(self, form: forms.Form) -> Any:
        """Call the operation."""
        return operations.take_back_file(
            file_id=self.kwargs["pk"],
            reason=form.cleaned_data["reason"],
            actor=person(self.request),
        )

    def get_success_message(self) -> str:
        """Say how many events wait."""
        return f"{self.result:,} events are taken back and wait in suspense."

    def get_success_url(self) -> str:
        """Go back to the file."""
        return reverse("rating:file", args=[self.kwargs["pk"]])
