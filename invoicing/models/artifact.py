"""Files made of a document."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from invoicing.choices import ArtifactKind
from invoicing.models.invoice import Invoice


class DocumentArtifact(models.Model):
    """The bytes of a posted document as they were first made, with their fingerprint."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="artifacts")
    kind = models.CharField(max_length=4, choices=ArtifactKind.choices)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["invoice", "kind"], name="invoicing_documentartifact_one_per_kind"
            )
        ]
