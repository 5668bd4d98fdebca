"""Work that came in or ran: import batches with their rejected rows, and job runs."""

from __future__ import annotations

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from audit.choices import BatchState, JobState


class ImportBatch(models.Model):
    """One file that was read; the same content is not read twice for the same purpose."""

    kind = models.CharField(max_length=60)
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    state = models.CharField(max_length=11, choices=BatchState.choices, default=BatchState.OPEN)
    counts = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    message = models.CharField(max_length=500, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    opened_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "import batches"
        permissions = [("export_lists", "Can export lists to files")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "sha256"],
                condition=~Q(state="REFUSED"),
                name="audit_importbatch_read_once",
            ),
        ]
        indexes = [models.Index(fields=["state", "opened_at"], name="audit_importbatch_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.filename}"


class ImportRowError(models.Model):
    """One row of a file that was not taken, and why, so that it can be mended and sent again."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="errors")
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=80, blank=True, default="")
    value = models.CharField(max_length=200, blank=True, default="")
    rule = models.CharField(max_length=40)
    message = models.CharField(max_length=500)

    def __str__(self) -> str:
        return f"row {self.row}: {self.message}"


class JobRun(models.Model):
    """One job with its parameters; a try is counted before the work begins.

    A try that kills its process has been counted all the same, so a poisonous job is parked
    instead of coming back for ever.
    """

    name = models.CharField(max_length=80)
    params = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    params_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=7, choices=JobState.choices, default=JobState.RUNNING)
    attempts = models.PositiveSmallIntegerField(default=0)
    result = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    error = models.TextField(blank=True, default="")
    started_at = models.DateTimeField(db_default=Now())
    tried_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        permissions = [("release_job", "Can release parked jobs")]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "params_hash"],
                condition=~Q(state="DONE"),
                name="audit_jobrun_one_unfinished",
            ),
        ]
        indexes = [models.Index(fields=["name", "started_at"], name="audit_jobrun_name")]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"
