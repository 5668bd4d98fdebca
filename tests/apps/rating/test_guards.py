"""Attacks by raw SQL on what the database holds about usage."""

import uuid
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from rating.choices import FileState
from rating.models import SuspenseItem, UsageFile, UsageKey, UsageSource
from rating.operations.partitions import ensure_partitions

pytestmark = pytest.mark.django_db
AT = datetime(2027, 5, 10, tzinfo=UTC)


@pytest.fixture
def source() -> UsageSource:
    return UsageSource.objects.create(code="MED", name="Mediation")


@pytest.fixture
def loaded(source: UsageSource) -> UsageFile:
    return UsageFile.objects.create(
        source=source, name="a.csv", sha256="a" * 64, format="CSV", state=FileState.LOADED,
        received_count=3, loaded_count=2, suspended_count=1, sequence=1, received_at=AT,
    )  # fmt: skip


@pytest.fixture
def item(loaded: UsageFile) -> SuspenseItem:
    return SuspenseItem.objects.create(
        source=loaded.source, file=loaded, row_number=4, reason="NO_OWNER", fields={"a": "b"},
        received_at=AT,
    )  # fmt: skip


def _refused(statement: str, guard: str) -> None:
    with (
        pytest.raises(DatabaseError) as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    diagnosis = getattr(refusal.value.__cause__, "diag", None)
    assert diagnosis is not None
    assert diagnosis.constraint_name == guard


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE rating_usagefile SET loaded_count = 3, suspended_count = 0",
        "UPDATE rating_usagefile SET state = 'RECEIVED'",
        "DELETE FROM rating_usagefile",
    ],
)
def test_a_loaded_file_is_final(loaded: UsageFile, change: str) -> None:
    _refused(change, "rating_usagefile_final")


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("'b', 'LOADED', NULL, NULL, 3, 1, 1, 0", "rating_usagefile_rows_balance"),
        ("'b', 'LOADED', NULL, 4, 3, 1, 1, 1", "rating_usagefile_declared_count_kept"),
        ("'b', 'DONE', NULL, NULL, 0, 0, 0, 0", "rating_usagefile_state_known"),
        ("'b', 'LOADED', NULL, NULL, 0, 1, -1, 0", "rating_usagefile_counts_not_negative"),
        (f"'{'a' * 64}', 'RECEIVED', NULL, NULL, 0, 0, 0, 0", "rating_usagefile_once_per_source"),
        ("'b', 'RECEIVED', 1, NULL, 0, 0, 0, 0", "rating_usagefile_sequence_once"),
    ],
)
def test_files_that_cannot_be(loaded: UsageFile, values: str, guard: str) -> None:
    _refused(
        "INSERT INTO rating_usagefile (source_id, name, format, columns, path, problem,"
        " received_at, received_quantity, loaded_quantity, sha256, state, sequence,"
        " declared_count, received_count, loaded_count, duplicate_count, suspended_count)"
        f" VALUES ({loaded.source_id}, 'b', 'CSV', '[]', '', '', now(), 0, 0, {values})",
        guard,
    )


def test_a_part_that_is_done_accounts_for_each_row(loaded: UsageFile) -> None:
    insert = (
        "INSERT INTO rating_usagefilepart (file_id, number, row_count, state,"
        " loaded_count, duplicate_count, suspended_count, received_quantity,"
        " loaded_quantity) VALUES ({}, 1, 5, '{}', 4, 0, 0, 0, 0)"
    )
    _refused(insert.format(loaded.pk, "DONE"), "rating_usagefilepart_rows_balance")
    with connection.cursor() as cursor:
        cursor.execute(insert.format(loaded.pk, "PENDING"))
    _refused(insert.format(loaded.pk, "PENDING"), "rating_usagefilepart_number_once")


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("DELETE FROM rating_suspenseitem", "rating_suspenseitem_final"),
        ("UPDATE rating_suspenseitem SET fields = '{}'", "rating_suspenseitem_final"),
        ("UPDATE rating_suspenseitem SET row_number = 9", "rating_suspenseitem_final"),
        ("UPDATE rating_suspenseitem SET reason = 'LOST'", "rating_suspenseitem_reason_known"),
        (
            "UPDATE rating_suspenseitem SET state = 'GONE', resolved_at = now()",
            "rating_suspenseitem_state_known",
        ),
        (
            (
                "UPDATE rating_suspenseitem SET state = 'WRITTEN_OFF', resolved_at = now(),"
                " reason = 'TAKEN_BACK'"
            ),
            "rating_suspenseitem_written_off_with_reason",
        ),
        (
            "UPDATE rating_suspenseitem SET state = 'RECYCLED'",
            "rating_suspenseitem_end_is_dated",
        ),
        (
            (
                "UPDATE rating_suspenseitem SET state = 'WRITTEN_OFF', resolved_at = now(),"
                " resolution = 'test traffic'"
            ),
            "rating_suspenseitem_written_off_by_one",
        ),
        (
            (
                "INSERT INTO rating_suspenseitem (source_id, file_id, row_number, reason,"
                ' "column", message, fields, usage_type, identifier, holds_key, corrections,'
                " state, attempts,"
                " received_at, resolution) SELECT source_id, file_id, row_number, reason,"
                " '', '', '{}', '', '', false, '{}', 'OPEN', 0, now(), '' FROM rating_suspenseitem"
            ),
            "rating_suspenseitem_row_once",
        ),
    ],
)
def test_suspense_keeps_its_rows(item: SuspenseItem, change: str, guard: str) -> None:
    _refused(change, guard)


def test_an_ended_item_stays_ended(item: SuspenseItem) -> None:
    item.state, item.resolved_at = "RECYCLED", AT
    item.save()
    _refused(
        "UPDATE rating_suspenseitem SET state = 'OPEN', resolved_at = NULL",
        "rating_suspenseitem_final",
    )


@pytest.fixture
def key(source: UsageSource) -> UsageKey:
    return UsageKey.objects.create(
        source_id=source.pk, key_hash=uuid.uuid4(), content_hash=bytes(8), file_id=1,
        row_number=2,
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE rating_usagekey SET content_hash = '\\x00'",
        "DELETE FROM rating_usagekey",
        "TRUNCATE rating_usagekey",
    ],
)
def test_a_claimed_key_stays_claimed(key: UsageKey, change: str) -> None:
    _refused(change, "rating_usagekey_kept")


def test_a_key_is_claimed_once(key: UsageKey) -> None:
    _refused("INSERT INTO rating_usagekey SELECT * FROM rating_usagekey", "rating_usagekey_pkey")


def test_a_source_has_a_plain_code() -> None:
    _refused(
        "INSERT INTO rating_usagesource (code, name, time_zone, needs_trailer, numbers_files,"
        " is_active, column_map, constants, date_format)"
        " VALUES ('a b', 'x', 'UTC', false, false, true, '{}', '{}', '')",
        "rating_usagesource_code_plain",
    )


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("0, 1, NULL", "rating_usageaggregate_counts_events"),
        ("1, 'NaN', NULL", "rating_usageaggregate_quantity_is_number"),
        ("1, 1, 'NaN'", "rating_usageaggregate_amount_is_number"),
    ],
)
def test_aggregates_are_numbers_of_events(values: str, guard: str) -> None:
    _refused(
        "INSERT INTO rating_usageaggregate (account_id, subscription_charge_id, service_id,"
        " on_date, attribute_key, event_count, quantity, amount)"
        f" VALUES (1, 1, 1, '2027-05-03', '*', {values})",
        guard,
    )


def _month_of_events() -> None:
    with connection.cursor() as cursor:
        ensure_partitions(cursor, {"2027-05"})


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("'2027-05-02', 1, '*', 1, NULL", "rating_usageevent_ends_after_start"),
        ("'2027-05-04', 'NaN', '*', 1, NULL", "rating_usageevent_quantity_is_number"),
        ("'2027-05-04', 1, '*', 'NaN', NULL", "rating_usageevent_quantity_is_number"),
        ("'2027-05-04', 1, '*', NULL, NULL", "rating_usageevent_counts_in_a_group"),
        ("'2027-05-04', 1, '', 1, NULL", "rating_usageevent_counts_in_a_group"),
        ("'2027-05-04', 1, '*', 1, 2", "rating_usageevent_cover_fits"),
        ("'2027-05-04', 1, '*', 1, 'NaN'", "rating_usageevent_cover_fits"),
        ("'2027-05-04', 1, '', NULL, 1", "rating_usageevent_cover_fits"),
    ],
)  # fmt: skip
def test_events_that_cannot_be(values: str, guard: str) -> None:
    _month_of_events()
    _refused(
        "INSERT INTO rating_usageevent (account_id, event_start, source_id, service_id,"
        " subscription_charge_id, file_id, row_number, received_at, on_date, event_key,"
        " usage_type, identifier_type, identifier, attributes, event_end, quantity,"
        " attribute_key, billable_quantity, covered_quantity)"
        " VALUES (1, '2027-05-03', 1, 1, 1, 1, 2, now(), '2027-05-03', 'k', 'DATA', 'M', '1',"
        f" '{{}}', {values})",
        guard,
    )


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("'NaN', 5, NULL, NULL", "rating_ratedusage_is_number"),
        ("1, 'NaN', NULL, NULL", "rating_ratedusage_is_number"),
        ("1, 5, 2, 5", "rating_ratedusage_cover_fits"),
        ("1, 5, 1, 6", "rating_ratedusage_cover_fits"),
        ("1, 5, 1, NULL", "rating_ratedusage_cover_fits"),
        ("1, 5, NULL, 1", "rating_ratedusage_cover_fits"),
    ],
)
def test_results_that_cannot_be(values: str, guard: str) -> None:
    _month_of_events()
    _refused(
        "INSERT INTO rating_ratedusage (account_id, event_start, id, service_id,"
        " subscription_charge_id, price_version_id, on_date, currency, attribute_key,"
        " billable_quantity, amount_exact, covered_quantity, covered_amount)"
        f" VALUES (1, '2027-05-03', 1, 1, 1, 1, '2027-05-03', 'EUR', '*', {values})",
        guard,
    )
