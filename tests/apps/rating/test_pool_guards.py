"""Attacks by raw SQL on what the database holds about pools (POOL-1, POOL-4)."""

import pytest
from django.db import connection

from catalog.models import EntitlementSpec
from rating.models import PoolMember, PoolShare, RatingPool
from tests.apps.rating.company import Company
from tests.apps.rating.test_granting import run
from tests.apps.rating.test_guards import _refused
from tests.apps.rating.test_pools import family, opened
from tests.attacks import copied, raw, refused_by

__all__ = ["family"]
pytestmark = pytest.mark.django_db
POOL, MEMBER, SHARE = "rating_ratingpool", "rating_poolmember", "rating_poolshare"
BUCKET, SPEC = "rating_balancebucket", "catalog_entitlementspec"


@pytest.fixture
def pool(family: Company) -> RatingPool:
    made = opened(family)
    assert PoolMember.objects.count() == 3
    assert PoolShare.objects.count() == 3
    return made


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {} SET allocation = 'BY_EXCESS'",
        "UPDATE {} SET cycle_day = 2",
        "UPDATE {} SET valid = daterange(lower(valid) + 1, NULL)",
        "DELETE FROM {}",
    ],
)
def test_a_pool_keeps_what_it_is(pool: RatingPool, change: str) -> None:
    _refused(change.format(POOL), f"{POOL}_meaning_kept")


def test_a_pool_ends_once(pool: RatingPool) -> None:
    run(f"UPDATE {POOL} SET valid = daterange(lower(valid), '2027-08-01')")
    for end in ("'2027-07-01'", "NULL"):
        _refused(
            f"UPDATE {POOL} SET valid = daterange(lower(valid), {end})", f"{POOL}_meaning_kept"
        )


@pytest.mark.parametrize(
    ("column", "value", "guard"),
    [
        ("allocation", "'BY_LUCK'", "allocation_known"),
        ("cycle_day", "32", "begins"),
        ("valid", "'empty'", "begins"),
        ("valid", "daterange(NULL, '2020-01-01')", "begins"),
        ("name", "'Second'", "one_at_a_time"),
    ],
)
def test_pools_that_cannot_be(pool: RatingPool, column: str, value: str, guard: str) -> None:
    names = "node_id, usage_type_id, name, allocation, cycle_day, valid"
    attack = f"INSERT INTO {POOL} ({names}) SELECT {names.replace(column, value)} FROM {POOL}"
    _refused(attack, f"{POOL}_{guard}")


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("DELETE FROM {}", "is_kept"),
        ("UPDATE {} SET valid = daterange(lower(valid) + 1, NULL)", "is_kept"),
        ("UPDATE {} SET account_id = account_id + 1", "is_kept"),
        ("UPDATE {0} SET service_id = (SELECT max(service_id) + 1 FROM {0})", "is_kept"),
        ("INSERT INTO {0} ({1}) SELECT {1} FROM {0}", "one_pool_at_a_time"),
    ],
)
def test_a_membership_keeps_its_service_and_its_first_day(
    pool: RatingPool, change: str, guard: str
) -> None:
    names = "pool_id, service_id, account_id, usage_type_id, valid"
    _refused(change.format(MEMBER, names), f"{MEMBER}_{guard}")


@pytest.mark.parametrize(
    ("values", "guard"),
    [
        ("usage_type_id + 1, '[2020-01-01,2020-02-01)'", "fits_its_pool"),
        ("usage_type_id, '[2020-01-01,2020-02-01)'", "fits_its_pool"),
    ],
)
def test_a_membership_fits_its_pool(pool: RatingPool, values: str, guard: str) -> None:
    attack = (
        f"INSERT INTO {MEMBER} (pool_id, service_id, account_id, usage_type_id, valid)"
        f" SELECT pool_id, service_id, account_id, {values} FROM {MEMBER}"
    )
    _refused(attack, f"{MEMBER}_{guard}")
    run("SET LOCAL session_replication_role = replica")
    _refused(attack, f"{MEMBER}_{guard}")


def test_a_membership_begins_on_some_day(pool: RatingPool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {MEMBER} DISABLE TRIGGER {MEMBER}_kept")
    _refused(f"UPDATE {MEMBER} SET valid = daterange(NULL, '2028-01-01')", f"{MEMBER}_begins")


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("UPDATE {} SET covered = used + 1", "covers_what_was_used"),
        ("UPDATE {} SET covered = -1", "covers_what_was_used"),
        ("UPDATE {} SET used = 'NaN'", "used_is_number"),
        ("UPDATE {} SET contributed = 'NaN'", "contributed_is_number"),
        ("UPDATE {} SET covered = 'NaN'", "covered_is_number"),
    ],
)
def test_shares_that_cannot_be(pool: RatingPool, change: str, guard: str) -> None:
    _refused(change.format(SHARE), f"{SHARE}_{guard}")


def test_a_service_has_one_share_of_a_month() -> None:
    """On a copy: what draws a pool writes shares anew by this very key."""
    guard = "rating_poolshare_once"
    with copied(SHARE, guard) as copy:
        row = f"INSERT INTO {copy} (pool_id, period_start, service_id) VALUES (1, '2027-05-01', 2)"
        raw(row)
        assert refused_by(row) == guard


def test_a_bucket_stays_in_its_pool_and_is_filled_by_a_service(pool: RatingPool) -> None:
    _refused(f"UPDATE {BUCKET} SET pool_id = NULL", f"{BUCKET}_meaning_kept")
    names = "account_id, usage_type_id, usage_filter, name, priority, is_blocker, initial, valid"
    attack = (
        f"INSERT INTO {BUCKET} ({names}, remaining, source, pool_id)"
        f" SELECT {names}, 0, 'PROMO', pool_id FROM {BUCKET}"
    )
    _refused(attack, f"{BUCKET}_pool_is_filled_by_a_service")


@pytest.mark.parametrize(
    "change",
    ["rollover_percent = 1", "period_unit = 'DAY'", "is_blocker = true", "alignment = 'TERM'"],
)
def test_what_goes_to_a_pool_is_plain(pool: RatingPool, change: str) -> None:
    assert EntitlementSpec.objects.filter(scope="POOL").exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {SPEC} DISABLE TRIGGER {SPEC}_is_frozen")
    _refused(f"UPDATE {SPEC} SET {change}", f"{SPEC}_pool_is_plain")
