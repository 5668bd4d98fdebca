"""Usage files: the list, one file with its totals, the form that loads one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html

from foundation import clock, exports
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Empty,
    Fact,
    FilterForm,
    FormScreen,
    ListScreen,
    Screen,
    Table,
    codes,
)
from rating import operations, queries
from rating.choices import FileState
from rating.models import SuspenseItem, UsageFile, UsageSource
from rating.rules.reasons import TITLES, Reason
from rating.rules.rows import REQUIRED

MAX_UPLOAD = 64 * 1024 * 1024


def file_url(file: UsageFile) -> str:
    """Return the page of a file."""
    return reverse("rating:file", args=[file.pk])


def rows_url(file_id: int) -> str:
    """Return the suspended rows of a file."""
    return f"{reverse('rating:suspense_rows')}?file={file_id}"


def gap_text(gap: queries.Gap) -> str:
    """Write "MED 17 to 19"."""
    numbers = f"{gap.first}" if gap.first == gap.last else f"{gap.first} to {gap.last}"
    return f"{gap.source} {numbers}"


def alarms(file: UsageFile) -> str:
    """Say what is wrong with a file, in a few words."""
    found = []
    if file.gap_before is not None and file.sequence is not None:
        found.append(f"numbers {file.gap_before}–{file.sequence - 1} missing when it came")
    if file.is_control_total_wrong:
        found.append("control total differs")
    if file.problem:
        found.append(file.problem)
    return "; ".join(found)


class FileFilters(FilterForm):
    """Narrow by source, state and day."""

    source = forms.ModelChoiceField(UsageSource.objects.all(), empty_label="All sources")
    state = forms.ChoiceField(choices=[("", "All states"), *FileState.choices])
    received_from = forms.DateField(label="Received from")
    received_to = forms.DateField(label="to")


class FileList(ListScreen):
    """All usage files, newest first."""

    reach = "whole"
    title = "Usage files"
    permission = "rating.view_usagefile"
    filters = FileFilters
    keyset = ("-id",)
    intro = "Every row received is loaded, a duplicate, or waits in suspense."
    columns = (
        Column(label="File", value="name", link=file_url),
        Column(label="Source", value="source.code", kind="code"),
        Column(label="State", value="state", kind="status"),
        Column(label="Received", value="received_count", kind="number"),
        Column(label="Loaded", value="loaded_count", kind="number"),
        Column(label="Duplicates", value="duplicate_count", kind="number"),
        Column(
            label="To suspense",
            value="suspended_count",
            kind="number",
            link=lambda file: rows_url(file.pk) if file.suspended_count else "",
        ),
        Column(label="Came", value="received_at", kind="instant"),
        Column(label="Alarm", value=alarms),
    )
    empty = Empty(
        title="No usage files yet",
        text="A file of usage events, CSV or Excel, is loaded here or by the command load_usage.",
    )

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say above the list which numbers are missing."""
        if gaps := queries.missing_numbers():
            self.intro = f"{self.intro} Missing: {', '.join(map(gap_text, gaps))}."
        return super().get(*args, **kwargs)

    def buttons(self) -> Sequence[Button]:
        """Offer to load a file."""
        return (
            Button(
                label="Load a file",
                url=reverse("rating:load"),
                permission="rating.load_usage",
                style="primary",
            ),
        )

    def rows(self, filters: dict[str, Any]) -> QuerySet[UsageFile]:
        """Return the files that fit."""
        found = UsageFile.objects.select_related("source")
        if filters.get("source"):
            found = found.filter(source=filters["source"])
        if filters.get("state"):
            found = found.filter(state=filters["state"])
        if filters.get("received_from"):
            found = found.filter(received_at__date__gte=filters["received_from"])
        if filters.get("received_to"):
            found = found.filter(received_at__date__lte=filters["received_to"])
        return found


class FilePage(Screen):
    """One file: what was received, what became of it, what its sender declared."""

    subject = UsageFile
    permission: str | Sequence[str] = "rating.view_usagefile"
    template_name = "rating/file.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the file of the address."""
        super().setup(request, *args, **kwargs)
        self.file = get_object_or_404(UsageFile.objects.select_related("source"), pk=kwargs["pk"])

    def get_title(self) -> str:
        """Name the file."""
        return f"File {self.file.name}"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("Usage files", reverse("rating:files")),)

    def buttons(self) -> Sequence[Button]:
        """Offer the rejected rows, and to finish an interrupted load."""
        found = []
        if self.file.suspended_count:
            found.append(
                Button(
                    label="Download rejected rows",
                    url=reverse("rating:rejected", args=[self.file.pk]),
                    permission="rating.export_lists",
                )
            )
        if self.file.state == FileState.LOADED and self.file.loaded_count:
            found.append(
                Button(
                    label="Take back",
                    url=reverse("rating:take_back_file", args=[self.file.pk]),
                    permission="rating.load_usage",
                )
            )
        if self.file.state == FileState.LOADING:
            found.append(
                Button(
                    label="Finish loading",
                    url=reverse("rating:resume", args=[self.file.pk]),
                    permission="rating.load_usage",
                    method="post",
                    style="primary",
                )
            )
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add totals, declared totals and the fate of what was suspended."""
        file = self.file
        columns = (
            Column(label="Reason", value=lambda row: TITLES[Reason(row[0])]),
            Column(label="Now", value=lambda row: row[1], kind="status"),
            Column(label="Rows", value=lambda row: row[2], kind="number"),
        )
        return super().get_context_data(
            facts=[
                Fact(label="Source", value=file.source.code, kind="code"),
                Fact(label="State", value=file.state, kind="status"),
                Fact(label="Number", value=file.sequence, kind="code"),
                Fact(label="Came", value=file.received_at, kind="instant"),
                Fact(label="Loaded", value=file.loaded_at, kind="instant"),
                Fact(label="SHA-256", value=file.sha256, kind="code"),
                Fact(label="Alarm", value=alarms(file)),
            ],
            totals_of_rows=[
                Fact(label="Received", value=file.received_count, kind="number"),
                Fact(label="Loaded", value=file.loaded_count, kind="number"),
                Fact(label="Duplicates", value=file.duplicate_count, kind="number"),
                Fact(
                    label="To suspense",
                    value=file.suspended_count,
                    kind="number",
                    url=rows_url(file.pk) if file.suspended_count else "",
                ),
                Fact(label="Declared rows", value=file.declared_count, kind="number"),
                Fact(label="Quantity received", value=file.received_quantity, kind="number"),
                Fact(label="Quantity declared", value=file.declared_quantity, kind="number"),
            ],
            fates=Table(
                columns=columns,
                rows=queries.file_fate(file.pk),
                caption="What became of suspended rows",
                empty="No row of this file went to suspense.",
            ),
            **kwargs,
        )


class RejectedRows(FilePage):
    """The suspended rows of a file as a file, in the form in which they can be sent again."""

    permission = ("rating.view_suspenseitem", "rating.export_lists")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Hand out the rows with reason, message and what was received."""
        items = SuspenseItem.objects.filter(file=self.file).order_by("row_number")
        source = self.file.source
        left_out = {"source", *(source.constants if source.mapping else ())}
        columns = [name for name in self.file.columns if name not in left_out]
        own = [source.own_column(name) for name in columns]
        headers = ["row", "state", "reason", "column", "message", *own, "line"]
        rows = (
            [
                item.row_number, item.state, item.reason, source.own_column(item.column),
                item.message,
                *[item.fields.get(name, "") for name in columns], item.fields.get("line", ""),
            ]
            for item in items.iterator(chunk_size=2000)
        )  # fmt: skip
        kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
        return exports.download(f"rejected-{self.file.pk}", kind, headers, rows)


class ResumeFile(ActionView):
    """Finish a load that was interrupted."""

    subject = UsageFile
    permission = "rating.load_usage"
    success_message = "The file is loaded."

    def act(self) -> UsageFile:
        """Load what is left."""
        return operations.resume_file(file_id=self.kwargs["pk"])

    def get_success_url(self) -> str:
        """Return to the file."""
        return reverse("rating:file", args=[self.kwargs["pk"]])


class LoadForm(forms.Form):
    """A file and who sent it."""

    source = forms.ModelChoiceField(UsageSource.objects.filter(is_active=True))
    file = forms.FileField(label="File (CSV or Excel)")
    sequence = forms.IntegerField(
        required=False, min_value=0, max_value=10**17, label="Number of the file, if it has one"
    )
    at_once = forms.BooleanField(
        required=False,
        label="All at once: nothing of it counts before its last row is stored (backfill)",
    )
    check_only = forms.BooleanField(
        required=False,
        initial=True,
        label="Only check: say what would happen and change nothing",
    )

    def clean_file(self) -> Any:
        """Refuse files for which the command is the right way."""
        file = self.cleaned_data["file"]
        if file.size > MAX_UPLOAD:
            raise forms.ValidationError("Larger than 64 MiB: load it with the command load_usage.")
        return file


class LoadFile(FormScreen):
    """Load a usage file, or only say what loading it would do."""

    title = "Load usage"
    permission = "rating.load_usage"
    form_class = LoadForm
    template_name = "rating/load.html"
    intro = format_html(
        "Columns: {}; optional {}. The same content is loaded once.",
        codes(*REQUIRED),
        codes("source", "event_end", "uom", "attr.…"),
    )
    submit_label = "Go"

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        return (Crumb("Usage files", reverse("rating:files")),)

    def submit(self, form: forms.Form) -> Any:
        """Check or load."""
        data = form.cleaned_data
        common = {
            "source": data["source"],
            "filename": data["file"].name,
            "content": data["file"].read(),
            "received_at": clock.now(),
            "actor": self.request.user,
        }
        if data["check_only"]:
            return operations.rehearse_file(**common)
        return operations.load_file(**common, sequence=data["sequence"], at_once=data["at_once"])

    def succeeded(self) -> HttpResponse:
        """Show the verdict of a check; go to the file that was loaded."""
        if isinstance(self.result, UsageFile):
            return super().succeeded()  # type: ignore[no-any-return]
        columns = (
            Column(label="Row", value="row", kind="number"),
            Column(label="Column", value="column", kind="code"),
            Column(label="Value", value="value"),
            Column(label="Why", value="message"),
            Column(label="Reason", value="rule", kind="code"),
            Column(label="What to do", value="remedy"),
        )
        verdict: operations.Rehearsal = self.result
        context = self.get_context_data(
            form=self.form_class(initial={"check_only": False}),
            verdict=verdict,
            problems=Table(
                columns=columns,
                rows=verdict.problems,
                caption="Rows that would go to suspense",
                empty="No row would go to suspense.",
            ),
        )
        return self.render_to_response(context)

    def get_success_message(self) -> str:
        """Say what was loaded."""
        file: UsageFile = self.result
        return (
            f"{file.name}: {file.received_count:,} rows received, {file.loaded_count:,} loaded, "
            f"{file.duplicate_count:,} duplicates, {file.suspended_count:,} to suspense."
        )

    def get_success_url(self) -> str:
        """Go to the file."""
        return file_url(self.result)
