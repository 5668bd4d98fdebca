"""What rating usage again would change on the next documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse

from customers.models import Account
from foundation import clock
from foundation.errors import Refusal
from foundation.screens import Crumb, Fact, Screen, Table
from foundation.screens.cells import dates_told
from invoicing import operations
from invoicing.views import links
from invoicing.views.previews import lines_table
from rating.models import RerateJob


class ReratePreview(Screen):
    """The next documents of the payers that a job touches most, without and with it (RATE-2)."""

    subject = RerateJob
    permission = "invoicing.view_invoice"
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the job."""
        return f"Rating again, job {self.kwargs['pk']}: next documents"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the job."""
        job = self.kwargs["pk"]
        return [
            Crumb("Rating again", reverse("rating:rerates")),
            Crumb(f"Job {job}", reverse("rating:rerate", args=[job])),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Rate again, calculate the documents, and take all of it back."""
        job = get_object_or_404(RerateJob, pk=self.kwargs["pk"])
        if job.state == "DONE":
            done = Fact(label="Done", value="The next documents of the accounts hold it already.")
            return super().get_context_data(facts=[done], table=_nothing(), **kwargs)
        try:
            found = operations.preview_rerate(
                job=job, at=clock.now(), actor=links.person(self.request)
            )
        except Refusal as refusal:
            told = [Fact(label="Cannot be calculated", value=dates_told(refusal.message))]
            return super().get_context_data(facts=told, table=_nothing(), **kwargs)
        payers = Account.objects.in_bulk([one.after.payer_id for one in found])
        tables: list[Table] = []
        facts: list[Fact] = []
        for one in found:
            payer, money = str(payers[one.after.payer_id]), one.after.currency
            facts += [
                Fact(label="Billed to", value=payer, url=links.account(one.after.payer_id)),
                Fact(label="On", value=one.after.bill_date, kind="date"),
                Fact(label="Without it", value=one.before.total, kind="money", currency=money),
                Fact(label="With it", value=one.after.total, kind="money", currency=money),
                Fact(label="Change", value=one.difference, kind="money", currency=money),
            ]
            tables += [
                lines_table(f"{payer}: added", one.charges, "Nothing.", money),
                lines_table(f"{payer}: not billed any more", one.falls_away, "Nothing.", money),
            ]
        return super().get_context_data(
            facts=facts, table=tables[0] if tables else _nothing(), tables=tables[1:],
            intro=f"The {operations.MOST_RERATED} accounts with the largest difference, tax "
            "included. Nothing is stored.", **kwargs,
        )  # fmt: skip


def _nothing() -> Table:
    return Table(columns=(), rows=(), empty="")
