"""What ran by itself: the list with what is parked first, one job, and its release."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

import audit.operations
import audit.queries
from audit.choices import JobState
from audit.models import JobRun
from billing_site.tasks import SWEEP
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    ListScreen,
    Screen,
    Table,
)
from foundation.screens.cells import dates_told

VIEW, RELEASE = "audit.view_jobrun", "audit.release_job"
MOST_PARKED: Final = 50
SLOT: Final = re.compile(r"(?<=\d\d-\d\d)T(?=\d\d)")


def address(job: JobRun) -> str:
    """Return a job's page."""
    return reverse("console:job", args=[job.pk])


def told(params: dict[str, Any]) -> str:
    """Write what a job was to do: "30 Nov 2026 08" is the slot of a sweep."""
    words = ", ".join(str(value) for _, value in sorted(params.items()))
    return dates_told(SLOT.sub(" ", words))


def spoken(job: JobRun) -> str:
    """Write what a job is called: "Value suspense" for sweep:value_suspense."""
    return job.name.removeprefix(SWEEP).replace("_", " ").capitalize()


JOB = Column(label="Job", value=spoken, link=address)
WHAT_FOR = Column(label="For", value=lambda job: told(job.params))
TRIES = Column(label="Tries", value="attempts", kind="number")
ERROR = Column(label="Error", value="error")


class JobFilters(FilterForm):
    """Which runs to show."""

    name = forms.CharField(max_length=80)
    state = forms.ChoiceField(choices=[("", "Any"), *JobState.choices])


class Jobs(ListScreen):
    """What ran by itself, newest first, under what waits for a person."""

    reach = "whole"
    title = "Job runs"
    permission = VIEW
    template_name = "console/jobs.html"
    filters = JobFilters
    columns = (
        JOB,
        WHAT_FOR,
        Column(label="State", value="state", kind="status"),
        TRIES,
        Column(label="Began", value="started_at", kind="instant"),
        Column(label="Ended", value="finished_at", kind="instant"),
        ERROR,
    )
    keyset = ("-id",)
    empty = Empty(title="Nothing has run yet", text="The schedule rings every five minutes.")

    def rows(self, filters: dict[str, Any]) -> QuerySet[JobRun]:
        """Return the runs."""
        found = JobRun.objects.all()
        if filters.get("name"):
            found = found.filter(name__startswith=filters["name"])
        if filters.get("state"):
            found = found.filter(state=filters["state"])
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Put what is parked above the list."""
        may = self.request.user.has_perm(RELEASE)
        parked = Table(
            caption="Parked: wait for a person",
            columns=(
                JOB,
                Column(
                    label="", kind="act", link=address, value=lambda job: "Release" if may else ""
                ),
                WHAT_FOR,
                TRIES,
                Column(label="Last try", value="tried_at", kind="instant"),
                ERROR,
            ),
            rows=list(audit.queries.parked_jobs()[:MOST_PARKED]),
        )
        return super().get_context_data(parked=parked, **kwargs)


class OfJob(Screen):
    """Something about the job of the address."""

    subject = JobRun

    @cached_property
    def job(self) -> JobRun:
        """Return the job."""
        return get_object_or_404(JobRun, pk=self.kwargs["pk"])

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("Job runs", reverse("console:jobs")),)


class Job(OfJob):
    """One job: what it was to do, how its last try ended, and its release."""

    permission = VIEW
    template_name = "console/table.html"

    def get_title(self) -> str:
        """Name the job."""
        return f"Job {spoken(self.job)}"

    def buttons(self) -> Sequence[Button]:
        """Offer to let a parked one be tried again."""
        if self.job.state != JobState.PARKED:
            return []
        return [
            Button(
                label="Release",
                url=reverse("console:release_job", args=[self.job.pk]),
                permission=RELEASE,
                method="post",
                style="primary",
                confirm="Is what the error says mended? It is tried again, three times at most.",
            )
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the facts."""
        job = self.job
        facts = [
            Fact(label="State", value=job.get_state_display()),
            Fact(label="Name", value=job.name, kind="code"),
            Fact(label="For", value=told(job.params)),
            Fact(label="Tries", value=job.attempts, kind="number"),
            Fact(label="Began", value=job.started_at, kind="instant"),
            Fact(label="Last try", value=job.tried_at, kind="instant"),
            Fact(label="Ended", value=job.finished_at, kind="instant"),
            Fact(label="Outcome", value=(job.result or {}).get("outcome")),
            Fact(label="Error", value=job.error),
        ]
        return super().get_context_data(
            facts=[fact for fact in facts if fact.value not in (None, "")], **kwargs
        )


class Release(OfJob, ActionView):
    """Let a parked job be tried again."""

    permission = (VIEW, RELEASE)

    def act(self) -> JobRun:
        """Call the operation."""
        return audit.operations.release_job(job_id=self.job.pk, actor=self.actor)

    def get_success_message(self) -> str:
        """Say who takes it up."""
        if self.result.name.startswith(SWEEP):
            return "Released: the clock tries it again within five minutes."
        return "Released: it goes on when it is called again."

    def get_success_url(self) -> str:
        """Show the job."""
        return address(self.job)
