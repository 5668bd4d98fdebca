"""Usage on the wire."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from foundation.api import HouseModelSerializer, HouseSerializer
from rating.choices import Verdict
from rating.models import SuspenseItem, Usage, UsageFile
from rating.operations import MOST_ROWS, RowResult
from rating.rules.rows import OPTIONAL, PREFIX, REQUIRED

TEXT_FIELDS = frozenset((*REQUIRED, *OPTIONAL)) - {"source"}


class PlainField(serializers.CharField):
    """A number as plain digits, whatever its size: a zero of ten places is 0.0000000000."""

    def to_representation(self, value: Decimal) -> str:  # type: ignore[override]  # from a number
        """Write without an exponent."""
        return f"{value:f}"


class DatedSerializer(HouseModelSerializer):
    """What holds for an account over local days, `end` exclusive; null until it is ended."""

    account = serializers.CharField(source="account.number", read_only=True)
    start = serializers.DateField(source="valid.lower", read_only=True)
    end = serializers.DateField(source="valid.upper", read_only=True, allow_null=True)


class UsageRowSerializer(HouseSerializer):
    """One event; every value is text."""

    event_key = serializers.CharField(max_length=128)
    usage_type = serializers.CharField(max_length=40)
    identifier_type = serializers.CharField(max_length=16)
    identifier = serializers.CharField(max_length=64)
    event_start = serializers.CharField(help_text="2027-05-03T10:15:22Z")
    event_end = serializers.CharField(required=False, help_text="Defaults to event_start.")
    quantity = serializers.CharField(help_text='"12.5"; decimals are never JSON numbers.')
    uom = serializers.CharField(required=False, help_text="Defaults to the unit of the type.")
    attributes = serializers.DictField(child=serializers.CharField(), required=False)


class RowsField(serializers.Field):  # type: ignore[type-arg]
    """Rows as mappings of text by column, checked by hand: a call may carry ten thousand."""

    def to_internal_value(self, data: Any) -> list[dict[str, str]]:
        """Return each row with attributes as `attr.*` columns."""
        if not isinstance(data, list) or not 1 <= len(data) <= MOST_ROWS:
            raise serializers.ValidationError(
                f"Give a list of 1 to {MOST_ROWS} rows.", code="ROWS"
            )
        return [_row(number, row) for number, row in enumerate(data)]

    def to_representation(self, value: Any) -> Any:
        """Give back what was sent."""
        return value


def _row(number: int, row: Any) -> dict[str, str]:
    if not isinstance(row, Mapping):
        raise serializers.ValidationError(f"Row {number} is not an object.", code="ROWS")
    flat: dict[str, str] = {}
    for name, value in row.items():
        if name == "attributes" and isinstance(value, Mapping):
            flat |= {f"{PREFIX}{key}": value[key] for key in value}
        elif name in TEXT_FIELDS:
            flat[name] = str(value) if type(value) is int else value
        else:
            raise serializers.ValidationError(
                f"Row {number}: unknown field {str(name)[:60]!r}.", code="API-FIELD"
            )
    for name, value in flat.items():
        if not isinstance(value, str):
            raise serializers.ValidationError(
                f"Row {number}: {name[:60]} is not text.", code="API-FIELD"
            )
    return flat


class UsageCallSerializer(HouseSerializer):
    """A bulk call: a source and its rows."""

    source = serializers.CharField(max_length=32)  # type: ignore[assignment]
    rows = RowsField()


class UsageCallSchemaSerializer(HouseSerializer):
    """The shape of a bulk call, for the published schema."""

    source = serializers.CharField(max_length=32)  # type: ignore[assignment]
    rows = UsageRowSerializer(many=True)


class RowResultSerializer(HouseSerializer):
    """What became of one row, counted from 1."""

    row = serializers.IntegerField()
    event_key = serializers.CharField()
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reason = serializers.CharField()
    column = serializers.CharField()
    message = serializers.CharField()
    value = serializers.CharField(help_text="As sent; hidden characters are spelled out.")
    next_step = serializers.CharField()


class UsageCallAnswerSerializer(HouseSerializer):
    """The answer to a bulk call: totals and a result per row."""

    file_id = serializers.IntegerField()
    received = serializers.IntegerField()
    loaded = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    suspended = serializers.IntegerField()
    results = RowResultSerializer(many=True)


def answer(file: UsageFile, results: list[RowResult]) -> dict[str, Any]:
    """Return the answer to a bulk call as plain values."""
    return {
        "file_id": file.pk,
        "received": file.received_count,
        "loaded": file.loaded_count,
        "duplicates": file.duplicate_count,
        "suspended": file.suspended_count,
        "results": [
            {
                "row": one.row,
                "event_key": one.event_key,
                "verdict": one.verdict.value,
                "reason": one.reason,
                "column": one.column,
                "message": one.message,
                "value": one.value,
                "next_step": one.next_step,
            }
            for one in results
        ],
    }


class UsageEventSerializer(HouseModelSerializer):
    """A stored event with where it was guided."""

    class Meta:
        model = Usage
        fields = [
            "id", "account_id", "event_start", "event_end", "source_id", "event_key",
            "usage_type", "identifier_type", "identifier", "quantity", "billable_quantity",
            "attributes", "service_id", "subscription_charge_id", "on_date", "attribute_key",
            "state", "amount_exact", "currency", "price_version_id", "file_id", "row_number",
            "received_at",
        ]  # fmt: skip
        read_only_fields = fields


class UsageFileSerializer(HouseModelSerializer):
    """A usage file with its control totals."""

    source = serializers.CharField(  # type: ignore[assignment]
        source="source.code", read_only=True
    )

    class Meta:
        model = UsageFile
        fields = [
            "id", "source", "name", "format", "sequence", "gap_before", "state",
            "declared_count", "declared_quantity", "received_count", "loaded_count",
            "duplicate_count", "suspended_count", "received_quantity", "loaded_quantity",
            "problem", "received_at", "loaded_at",
        ]  # fmt: skip
        read_only_fields = fields


class SuspenseItemSerializer(HouseModelSerializer):
    """A suspended row: what came, why it waits, what to do next."""

    next_step = serializers.CharField(read_only=True)
    owner = serializers.CharField(source="owner.username", read_only=True, default="")

    class Meta:
        model = SuspenseItem
        fields = [
            "id", "file_id", "row_number", "reason", "column", "message", "next_step", "fields",
            "corrections", "usage_type", "identifier", "event_start", "quantity", "state",
            "attempts", "received_at", "resolved_at", "resolution", "basis", "worth", "currency",
            "account_id", "owner", "write_off_id",
        ]  # fmt: skip
        read_only_fields = fields


class CancelSerializer(HouseSerializer):
    """An event, named by its account and id, and why it counts no more."""

    account_id = serializers.IntegerField(min_value=1)
    event_id = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(min_length=5, max_length=300)


class AmendSerializer(CancelSerializer):
    """An event, and what is to be another, by column of a usage file."""

    corrections = serializers.DictField(
        child=serializers.CharField(max_length=500, allow_blank=True), allow_empty=False
    )


class RecycleSerializer(HouseSerializer):
    """Rows to recycle and what to correct on all of them."""

    item_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=10_000
    )
    corrections = serializers.DictField(
        child=serializers.CharField(max_length=500, allow_blank=True), required=False
    )


class RecycledSerializer(HouseSerializer):
    """What became of recycled rows."""

    stored = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    still_open = serializers.IntegerField()


class AskWriteOffSerializer(HouseSerializer):
    """Rows to write off, and why."""

    item_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=10_000
    )
    reason = serializers.CharField(min_length=5, max_length=300)
