"""Importing prices: choose a file, see what it would change, draft it."""

from __future__ import annotations

import base64
import binascii
import zlib
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from catalog import operations
from catalog.operations import ImportReport
from catalog.rules import price_diff
from catalog.rules.price_rows import PriceValues
from catalog.views import words
from catalog.views.uploads import content_of, file_field, told
from foundation.errors import Invalid, Refusal
from foundation.screens import Column, Crumb, FormScreen, Screen
from foundation.screens.cells import date_text, money_text, number_text
from foundation.screens.forms import sentence

RIGHTS = ("catalog.view_priceversion", "catalog.import_prices")
SLOT = "catalog.price_import"


class FileForm(forms.Form):
    """The file."""

    file = file_field()


class Upload(FormScreen):
    """Take a file and show what it would change; nothing is written yet."""

    title = "Import prices"
    intro = (
        "The file is compared with the catalogue first. What is new, changed or ended becomes a "
        "draft when you confirm; publishing takes somebody else's approval."
    )
    permission = RIGHTS
    form_class = FileForm
    submit_label = "Compare"
    success_message = ""

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Prices", reverse("catalog:matrix"))]

    def get_success_url(self) -> str:
        """Return the preview."""
        return reverse("catalog:price_import_preview")

    def submit(self, form: forms.Form) -> ImportReport:
        """Compare, and keep the file in the session of the user for the confirmation."""
        file = form.cleaned_data["file"]
        content = content_of(file)
        report = compare(content, file.name, self.request)
        self.request.session[SLOT] = {
            "name": file.name[:200],
            "content": base64.b85encode(zlib.compress(content)).decode("ascii"),
        }
        return report


def compare(content: bytes, name: str, request: HttpRequest, *, dry_run: bool = True) -> Any:
    """Call the operation, by default without writing."""
    return operations.import_prices(
        content=content,
        filename=name,
        on_date=words.today(),
        actor=words.actor(request),
        dry_run=dry_run,
    )


def kept(request: HttpRequest) -> tuple[str, bytes]:
    """Return the file that waits for its confirmation.

    Raises: Invalid when there is none.
    """
    slot = request.session.get(SLOT)
    if not slot:
        raise Invalid("there is no file to import; choose one", rule="FILE")
    try:
        return slot["name"], zlib.decompress(base64.b85decode(slot["content"]))
    except (KeyError, ValueError, binascii.Error, zlib.error) as error:
        raise Invalid("the file was not kept whole; choose it again", rule="FILE") from error


class Preview(Screen):
    """What the file would change, row by row, and what cannot be taken."""

    title = "Compare prices"
    permission = RIGHTS
    template_name = "catalog/import_preview.html"

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [
            Crumb("Prices", reverse("catalog:matrix")),
            Crumb("Import", reverse("catalog:price_import")),
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Compare again, so that the page never shows an old difference."""
        try:
            name, content = kept(request)
            report = compare(content, name, request)
        except Refusal as refusal:
            messages.error(request, sentence(refusal))
            return HttpResponseRedirect(reverse("catalog:price_import"))
        return self.render_to_response(self.get_context_data(report=report, **tables(report)))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Draft what differs, once."""
        try:
            name, content = kept(request)
            report = compare(content, name, request, dry_run=False)
        except Refusal as refusal:
            messages.error(request, sentence(refusal))
            return HttpResponseRedirect(reverse("catalog:price_import"))
        del request.session[SLOT]
        drafted, rejected = len(report.drafted), report.counts["rejected_rows"]
        messages.success(
            request,
            f"{drafted} prices drafted as batch {report.batch.pk}; {rejected} rows not taken.",
        )
        return HttpResponseRedirect(f"{reverse('catalog:queue')}?batch={report.batch.pk}")


def tables(report: ImportReport) -> dict[str, Any]:
    """Arrange a report for the page: counts, changes, problems."""
    kinds = ("rows", price_diff.NEW, price_diff.CHANGED, price_diff.ENDED, price_diff.UNCHANGED)
    changes = [one for one in report.changes if one.kind != price_diff.UNCHANGED]
    columns = (
        Column(label="Change", value=lambda one: one.kind.title()),
        Column(label="Rows", value=lambda one: spans(one.proposal.rows)),
        Column(label="Price", value=lambda one: str(one.proposal.key)),
        Column(label="From", value=lambda one: one.proposal.starts, kind="date"),
        Column(label="Last day", value=last_day),
        Column(label="Before", value=before),
        Column(label="After", value=after),
        Column(label="Also", value="note"),
    )
    return {**told(report, changes, kinds, columns), "can_draft": bool(changes)}


def spans(rows: tuple[int, ...]) -> str:
    """Write row numbers, joined where they follow each other."""
    return str(rows[0]) if len(rows) == 1 else f"{min(rows)}–{max(rows)}"


def last_day(change: price_diff.Change) -> str:
    """Write the last day of a proposal."""
    ends = change.proposal.ends
    return "" if ends is None else date_text(ends - timedelta(days=1))


def before(change: price_diff.Change) -> str:
    """Write what the price in force says."""
    if change.before is None:
        return ""
    return described(change.before.values, change.proposal.key.currency)


def after(change: price_diff.Change) -> str:
    """Write what the file says."""
    return described(change.proposal.values, change.proposal.key.currency)


def described(values: PriceValues, currency: str) -> str:
    """Write all that a price says, in one line."""
    parts = []
    if values.flat_amount:
        parts.append(money_text(values.flat_amount, currency))
    if values.unit_price:
        parts.append(f"{money_text(values.unit_price, currency)} each")
    if values.percent:
        parts.append(f"{number_text(values.percent * 100)} %")
    if values.tiers:
        parts.append(
            " / ".join(
                (f"≤ {number_text(tier.upper)}: " if tier.upper else "above: ")
                + money_text(tier.unit_price, currency)
                + (f" + {money_text(tier.flat_amount, currency)}" if tier.flat_amount else "")
                for tier in values.tiers
            )
        )
    if values.free_units:
        parts.append(f"{number_text(values.free_units)} included")
    if values.package_size != 1:
        parts.append(f"per {number_text(values.package_size)}")
    if values.min_amount is not None:
        parts.append(f"least {money_text(values.min_amount, currency)}")
    if values.max_amount is not None:
        parts.append(f"at most {money_text(values.max_amount, currency)}")
    if values.tax_inclusive:
        parts.append("tax included")
    return ", ".join(parts) or "free"
