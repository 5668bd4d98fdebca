"""Attacks by raw SQL on what the database holds about balances (ENT-1, I-4)."""

import pytest
from django.db import connection

from rating.models import BalanceBucket, BalanceMovement
from tests.apps.rating.buckets import bucket
from tests.apps.rating.company import Company
from tests.apps.rating.test_guards import _refused
from tests.attacks import refused_by, stripped

pytestmark = pytest.mark.django_db
BUCKET, MOVEMENT = "rating_balancebucket", "rating_balancemovement"


@pytest.fixture
def held(company: Company) -> BalanceBucket:
    return bucket(company.accounts["Household"], 100)


def move(held: BalanceBucket, kind: str, delta: str, more: str = "NULL, NULL, ''") -> str:
    return (
        f"INSERT INTO {MOVEMENT} (bucket_id, kind, delta, event_id, event_at, reason)"
        f" VALUES ({held.pk}, '{kind}', {delta}, {more})"
    )


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_movements_carry_their_sum_onto_the_bucket(held: BalanceBucket) -> None:
    other = bucket(held.account, 50)
    run(
        f"INSERT INTO {MOVEMENT} (bucket_id, kind, delta, reason) VALUES"
        f" ({held.pk}, 'CONSUME', -30, ''), ({other.pk}, 'CONSUME', -50, ''),"
        f" ({held.pk}, 'REVERSE', 10, '')"
    )
    held.refresh_from_db()
    other.refresh_from_db()
    assert [held.remaining, other.remaining] == [80, 0]


def test_nobody_overdraws_or_overfills_a_bucket(held: BalanceBucket) -> None:
    _refused(move(held, "CONSUME", "-100.00000001"), f"{BUCKET}_remaining_fits")
    _refused(move(held, "REVERSE", "1"), f"{BUCKET}_remaining_fits")
    run("SET LOCAL session_replication_role = replica")
    _refused(move(held, "CONSUME", "-101"), f"{BUCKET}_remaining_fits")


def test_what_remains_is_written_by_movements_alone(held: BalanceBucket) -> None:
    _refused(f"UPDATE {BUCKET} SET remaining = 99", f"{BUCKET}_remaining_is_moved")
    copied = (
        f"INSERT INTO {BUCKET} (account_id, usage_type_id, usage_filter, name, source, priority,"
        " is_blocker, initial, remaining, valid) SELECT account_id, usage_type_id, usage_filter,"
        f" name, source, priority, is_blocker, initial, 5, valid FROM {BUCKET}"
    )
    _refused(copied, f"{BUCKET}_remaining_is_moved")
    run("SET LOCAL session_replication_role = replica")
    _refused(f"UPDATE {BUCKET} SET remaining = 99", f"{BUCKET}_remaining_is_moved")


@pytest.mark.parametrize("change", ["UPDATE {} SET delta = 5", "DELETE FROM {}"])
def test_movements_are_append_only(held: BalanceBucket, change: str) -> None:
    _refused(change.format(MOVEMENT), f"{MOVEMENT}_is_append_only")


@pytest.mark.parametrize(
    "change",
    [
        "initial = 200",
        "priority = 1",
        "source = 'TOPUP'",
        'usage_filter = \'{"zone": "EU"}\'',
        "is_blocker = true",
        "valid = tstzrange(lower(valid) - interval '1 day', upper(valid))",
        "valid = tstzrange(lower(valid), upper(valid) + interval '1 day')",
        "valid = tstzrange(lower(valid), NULL)",
    ],
)
def test_a_bucket_keeps_what_it_is_for(held: BalanceBucket, change: str) -> None:
    _refused(f"UPDATE {BUCKET} SET {change}", f"{BUCKET}_meaning_kept")


def test_a_bucket_may_end_earlier_is_closed_once_and_never_deleted(held: BalanceBucket) -> None:
    earlier = "valid = tstzrange(lower(valid), upper(valid) - interval '1 day')"
    run(f"UPDATE {BUCKET} SET {earlier}")
    run(f"UPDATE {BUCKET} SET closed_at = now()")
    _refused(f"UPDATE {BUCKET} SET closed_at = NULL", f"{BUCKET}_closed_once")
    _refused(f"UPDATE {BUCKET} SET {earlier}", f"{BUCKET}_closed_once")
    _refused(f"DELETE FROM {BUCKET}", f"{BUCKET}_kept")


@pytest.mark.parametrize(
    ("column", "value", "guard"),
    [
        ("initial", "0", "remaining_fits"),
        ("initial", "'NaN'", "initial_is_number"),
        ("source", "'GIFT'", "source_known"),
        ("valid", "'empty'", "valid_begins"),
        ("valid", "tstzrange(NULL, now())", "valid_begins"),
        ("source", "'GRANT'", "grant_is_of_an_item"),
        ("source", "'ROLLOVER'", "rollover_has_a_parent"),
        ("parent_id", "id", "rollover_has_a_parent"),
        ("usage_type_id", "NULL", "is_of_units_or_money"),
        ("consideration", "1", "is_of_units_or_money"),
    ],
)
def test_buckets_that_cannot_be(held: BalanceBucket, column: str, value: str, guard: str) -> None:
    names = "account_id, usage_type_id, usage_filter, name, source, priority, is_blocker, initial,"
    names += " remaining, valid"
    chosen = names.replace("remaining", "0")
    if column in names:
        chosen = chosen.replace(column, value, 1)
    else:
        names, chosen = f"{names}, {column}", f"{chosen}, {value}"
    attack = f"INSERT INTO {BUCKET} ({names}) SELECT {chosen} FROM {BUCKET} LIMIT 1"
    _refused(attack, f"{BUCKET}_{guard}")


@pytest.mark.parametrize(
    ("column", "value", "guard"),
    [
        ("initial", "10.001", "is_of_units_or_money"),
        ("usage_filter", '\'{"zone": "EU"}\'', "is_of_units_or_money"),
        ("source", "'ADJUST'", "is_of_units_or_money"),
        ("consideration", "-1", "was_paid_for_at_most_in_full"),
        ("consideration", "11", "was_paid_for_at_most_in_full"),
        ("consideration", "1.001", "consideration_is_money"),
        ("consideration", "'NaN'", "consideration_is_money"),
    ],
)
def test_balances_of_money_that_cannot_be(
    held: BalanceBucket, column: str, value: str, guard: str
) -> None:
    columns = {
        "account_id": "account_id", "usage_filter": "'{}'", "name": "name", "source": "'TOPUP'",
        "priority": "100", "is_blocker": "false", "initial": "10", "remaining": "0",
        "valid": "valid", "currency": "'EUR'", "consideration": "10",
    }  # fmt: skip
    insert = "INSERT INTO {} ({}) SELECT {} FROM {} LIMIT 1"
    run(insert.format(BUCKET, ", ".join(columns), ", ".join(columns.values()), BUCKET))
    columns[column] = value
    attack = insert.format(BUCKET, ", ".join(columns), ", ".join(columns.values()), BUCKET)
    _refused(attack, f"{BUCKET}_{guard}")


@pytest.mark.parametrize("change", ["currency = 'USD'", "consideration = 5", "usage_type_id = 1"])
def test_money_keeps_what_it_is_and_was_paid_for(company: Company, change: str) -> None:
    bucket(company.accounts["Household"], 100, usage_type=None, currency="EUR", consideration=100)
    _refused(f"UPDATE {BUCKET} SET {change}", f"{BUCKET}_meaning_kept")


@pytest.mark.parametrize("attack", ["'EXPIRE', -1, NULL, NULL", "'CONSUME', -1, 1, now()"])
def test_a_document_pays_or_sells(held: BalanceBucket, attack: str) -> None:
    _refused(
        f"INSERT INTO {MOVEMENT} (bucket_id, kind, delta, event_id, event_at, reason, document_id)"
        f" VALUES ({held.pk}, {attack}, '', 7)",
        f"{MOVEMENT}_document_pays_or_sells",
    )


def test_what_rolled_over_did_so_once(held: BalanceBucket) -> None:
    bucket(held.account, 10, source="ROLLOVER", parent=held)
    attack = (
        f"INSERT INTO {BUCKET} (account_id, usage_type_id, usage_filter, name, source, priority,"
        " is_blocker, initial, remaining, valid, parent_id) SELECT account_id, usage_type_id,"
        " usage_filter, name, source, priority, is_blocker, initial, 0, valid, parent_id"
        f" FROM {BUCKET} WHERE parent_id IS NOT NULL"
    )
    _refused(attack, f"{BUCKET}_rolled_over_once")


@pytest.mark.parametrize(
    ("kind", "delta", "more", "guard"),
    [
        ("CONSUME", "5", "NULL, NULL, ''", "goes_its_way"),
        ("GRANT", "-5", "NULL, NULL, ''", "goes_its_way"),
        ("ADJUST", "0", "NULL, NULL, 'why'", "goes_its_way"),
        ("ADJUST", "-5", "NULL, NULL, ''", "adjusted_with_reason"),
        ("STEAL", "-5", "NULL, NULL, ''", "kind_known"),
        ("CONSUME", "-5", "7, NULL, ''", "event_is_dated"),
        ("EXPIRE", "-5", "7, now(), ''", "event_is_dated"),
        ("CONSUME", "'NaN'", "NULL, NULL, ''", "delta_is_number"),
    ],
)
def test_movements_that_cannot_be(
    held: BalanceBucket, kind: str, delta: str, more: str, guard: str
) -> None:
    _refused(move(held, kind, delta, more), f"{MOVEMENT}_{guard}")
    assert BalanceMovement.objects.count() == 1


def test_a_bucket_found_tampered_with_is_told(held: BalanceBucket) -> None:
    """I-4: whoever gets past the triggers is found by the nightly check."""
    from rating.queries.identities import balances_add_up

    assert balances_add_up() == []
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run(f"ALTER TABLE {BUCKET} DISABLE TRIGGER {BUCKET}_kept")
    run(f"UPDATE {BUCKET} SET remaining = 7")
    (found,) = balances_add_up()
    assert (found.subject, found.expected, found.actual) == (
        f"rating.balancebucket:{held.pk}", "100.00000000", "7.00000000"
    )  # fmt: skip


def test_a_period_is_granted_once(held: BalanceBucket) -> None:
    with stripped(BUCKET, keeping=""):
        twice = (
            f"INSERT INTO {BUCKET} (id, source, item_id, spec_id, period_start) VALUES"
            " (-1, 'GRANT', 1, 1, '2027-05-01'), (-2, 'GRANT', 1, 1, '2027-05-01')"
        )
        assert refused_by(twice) == f"{BUCKET}_granted_once"
