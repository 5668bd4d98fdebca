"""The identity board: whether the books agree with themselves, and where they do not."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse

from audit.models import JobRun
from billing_site import operations
from billing_site.operations.integrity import JOB
from foundation.screens import ActionView, Button, Column, Crumb, Fact, Screen, Table

PERMISSION = "audit.view_jobrun"


def last_run() -> JobRun | None:
    """Return the last finished run of the checks."""
    return JobRun.objects.filter(name=JOB, state="DONE").order_by("-pk").first()


def checks_of(job: JobRun | None) -> list[dict[str, Any]]:
    """Return the stored results of a run."""
    return list((job.result or {}).get("checks", ())) if job is not None else []


NOT_RUN = "The books were not checked yet. “Run now” reads them and changes nothing."
IDENTITIES = (
    Column(label="Identity", value="code", kind="code"),
    Column(label="What must agree", value="title"),
    Column(label="Result", value=lambda c: "OK" if c["green"] else "RED", kind="status"),
    Column(
        label="Findings",
        value=lambda check: len(check["findings"]),
        kind="number",
        link=lambda c: "" if c["green"] else reverse("console:findings", args=[c["code"]]),
    ),
)


class Board(Screen):
    """Every identity with its result at the last run."""

    title = "Integrity"
    permission = PERMISSION
    template_name = "console/integrity.html"

    def buttons(self) -> list[Button]:
        """Return the one thing to do here."""
        return [Button(label="Run now", url=reverse("console:integrity_run"), method="post")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the table of identities."""
        job = last_run()
        found = checks_of(job)
        red = [check for check in found if not check["green"]]
        table = Table(columns=IDENTITIES, rows=found, empty=NOT_RUN)
        facts = []
        if job is not None:
            facts = [
                Fact(label="Last run", value=job.finished_at, kind="instant"),
                Fact(label="Identities", value=len(found), kind="number"),
                Fact(label="Red", value=len(red), kind="number"),
            ]
        return super().get_context_data(table=table, facts=facts, is_green=not red, **kwargs)


class Findings(Screen):
    """Where one identity does not hold."""

    permission = PERMISSION
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the identity."""
        return f"Integrity {self.kwargs['code']}"

    def crumbs(self) -> list[Crumb]:
        """Return the way here."""
        return [Crumb("Integrity", reverse("console:integrity"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the findings of the last run."""
        found = [c for c in checks_of(last_run()) if c["code"] == self.kwargs["code"]]
        if not found:
            raise Http404("no such identity in the last run")
        table = Table(
            columns=(
                Column(label="Where", value="subject"),
                Column(label="What", value="message"),
                Column(label="Expected", value="expected"),
                Column(label="Actual", value="actual"),
            ),
            rows=found[0]["findings"],
            empty="This identity holds.",
        )
        return super().get_context_data(table=table, intro=found[0]["title"], **kwargs)


class Run(ActionView):
    """Run every identity now."""

    permission = PERMISSION

    def act(self) -> dict[str, Any]:
        """Run them."""
        return operations.run_integrity()

    def get_success_message(self) -> str:
        """Say how they stand."""
        red = [check["code"] for check in self.result["checks"] if not check["green"]]
        return f"Red: {', '.join(red)}." if red else "Every identity holds."

    def get_success_url(self) -> str:
        """Go back to the board."""
        return reverse("console:integrity")
