"""A line explained: price, tiers, taxes, usage rows or order, and the way up from a usage row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

import invoicing.queries
from customers.models import SubscriptionCharge
from foundation.screens import Column, Crumb, Fact, Screen, Table
from invoicing.models import InvoiceLine
from invoicing.views import links
from rating.models import UsageFile
from tax.choices import Treatment

VIEW = "invoicing.view_invoice"


def tax_columns() -> tuple[Column, ...]:
    """Return the columns of a tax, of a line or of a document.

    The names of places and taxes are read once.
    """
    places, taxes = invoicing.queries.place_names(), invoicing.queries.tax_names()
    return (
        Column(label="Place", value=lambda row: places.get(row.jurisdiction_id)),
        Column(label="Tax", value=lambda row: taxes.get(row.tax_type_id)),
        Column(label="Category", value="category", kind="code"),
        Column(label="Rate", value=lambda row: f"{(row.rate * 100).normalize():f} %"),
        Column(label="Taxable", value="basis", kind="money"),
        Column(label="Amount", value="amount", kind="money"),
    )


class LinePage(Screen):
    """Why a line costs what it costs, down to usage rows or the order."""

    subject = InvoiceLine
    permission = VIEW
    template_name = "invoicing/line.html"
    found: invoicing.queries.Explanation

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Explain the line."""
        super().setup(request, *args, **kwargs)
        line = get_object_or_404(InvoiceLine.objects.only("pk"), pk=kwargs["pk"])
        self.found = invoicing.queries.explain(line.pk)

    def get_title(self) -> str:
        """Name the line."""
        return f"Line {self.found.line.seq}: {self.found.line.text}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the document."""
        invoice = self.found.line.invoice
        return [
            Crumb("Invoices and memos", reverse("invoicing:invoices")),
            Crumb(str(invoice), links.invoice(invoice.pk)),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the explanation."""
        return super().get_context_data(
            found=self.found,
            facts=self._facts(),
            tiers=self._tiers(),
            taxes=self._taxes(),
            usage=self._usage(),
            behind=self._behind(),
            **kwargs,
        )

    def _facts(self) -> list[Fact]:
        line, item = self.found.line, self.found.item
        facts = [
            Fact(label="Net", value=line.net, kind="money", currency=line.currency),
            Fact(label="Tax", value=line.tax, kind="money", currency=line.currency),
            Fact(label="Billed days", value=links.days(line.service_start, line.service_end)),
        ]
        if item is not None:
            facts += [
                Fact(label="Full period", value=links.days(item.period_start, item.period_end)),
                Fact(label="Origin", value=item.get_origin_display()),
                Fact(label="Before rounding", value=item.amount_exact, kind="number"),
            ]
        price = self.found.price
        if price is not None:
            facts.append(
                Fact(
                    label="Price version",
                    value=f"{price.charge.reference}, {price.currency}, no. {price.pk}",
                    url=links.named("catalog:price", price.pk),
                )
            )
        if line.original_line is not None:
            facts.append(
                Fact(
                    label="Gives back",
                    value=f"line {line.original_line.seq} of {line.original_line.invoice}",
                    url=links.line(line.original_line_id),
                )
            )
        return facts

    def _tiers(self) -> Table | None:
        if not self.found.tiers:
            return None
        return Table(
            caption="Tiers",
            columns=(
                Column(label="Tier", value="tier", kind="number"),
                Column(label="Quantity in it", value="quantity", kind="number"),
                Column(label="Unit price", value="unit_price", kind="number"),
                Column(label="Flat amount", value="flat_amount", kind="number"),
                Column(label="Exact amount", value="amount", kind="number"),
            ),
            rows=self.found.tiers,
        )

    def _taxes(self) -> Table:
        return Table(
            caption="Taxes of the line",
            empty="No tax applies to this line.",
            columns=(
                *tax_columns(),
                Column(label="Decided by", value=lambda row: _trace(row.trace)),
            ),
            rows=self.found.taxes,
        )

    def _usage(self) -> Table | None:
        if not self.found.events:
            return None
        caption = f"Usage ({len(self.found.events)} rows"
        numbers = {row.file_id for row in self.found.events}
        files = dict(UsageFile.objects.filter(pk__in=numbers).values_list("pk", "name"))
        return Table(
            caption=caption + (", the first of more)" if self.found.more_events else ")"),
            columns=(
                Column(label="Begin", value="event_start", kind="instant",
                       link=lambda row: links.named("rating:event", row.account_id, row.id)),
                Column(label="Identifier", value="identifier", kind="code"),
                Column(label="Quantity", value="quantity", kind="number"),
                Column(label="Billable", value="billable_quantity", kind="number"),
                Column(label="Amount", value="amount_exact", kind="number"),
                Column(label="File", value=lambda row: files.get(row.file_id, ""),
                       link=lambda row: links.named("rating:file", row.file_id)),
            ),
            rows=self.found.events,
        )  # fmt: skip

    def _behind(self) -> list[Fact]:
        found = []
        if self.found.order_item is not None:
            order = self.found.order_item.order
            found.append(
                Fact(
                    label="Order",
                    value=f"{order.number}, item {self.found.order_item.seq}",
                    url=links.named("customers:order", order.pk),
                )
            )
        bundle = self.found.in_bundle
        if bundle is not None:
            url = links.named("customers:subscription", bundle.bundle.pk)
            found.append(Fact(label="Bundle", value=str(bundle), url=url))
        if self.found.entry is not None:
            found.append(
                Fact(
                    label="Journal entry",
                    value=f"{self.found.entry.pk} ({self.found.entry.event})",
                    url=links.named("ledger:entry", self.found.entry.pk),
                )
            )
        if self.found.line.invoice.prepaid:
            found.extend(links.payments_of(self.found.line.invoice))
        return found


class UsageLine(Screen):
    """From a usage row to the line that billed it."""

    subjects = {"charge": SubscriptionCharge}
    permission = VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Go to the line, or to the list where nothing has billed it yet."""
        day = date.fromisoformat(kwargs["day"])
        line = invoicing.queries.line_of_usage(kwargs["charge"], day)
        if line is None:
            messages.info(request, "No bill holds this usage yet: it comes with the next one.")
            return HttpResponseRedirect(reverse("invoicing:invoices"))
        return HttpResponseRedirect(links.line(line.pk))


def _trace(trace: dict[str, Any] | None) -> str:
    """Say in words how a tax was decided (TAX-11)."""
    facts = trace or {}
    treatment = str(facts.get("treatment", ""))
    words = [str(Treatment(treatment).label) if treatment in Treatment.values else treatment]
    words.append(str(facts.get("reason", "")))
    if facts.get("rate_id"):
        words.append(f"{str(facts.get('rate_code', '')).capitalize()} rate no. {facts['rate_id']}")
    if facts.get("rule"):
        words.append(f"rule no. {facts['rule']}")
    if facts.get("share"):
        words.append(f"on {Decimal(facts['share']) * 100:f} %".replace(".0000", ""))
    if facts.get("cap"):
        words.append(f"at most {facts['cap']}")
    if facts.get("debit_of"):
        words.append("as the line it adds to")
    return ", ".join(word for word in words if word)
