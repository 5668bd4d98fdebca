"""The life of prices and offer versions, attacked by raw SQL."""

from __future__ import annotations

import pytest

from tests.apps.catalog.attacks import (
    OFFER,
    PRICE,
    PUBLISH,
    go,
    lay_out_offer,
    offer_version,
    price,
    price_statement,
    publish,
    refused,
    run,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def offer() -> None:
    lay_out_offer()


def test_a_version_begins_as_a_draft() -> None:
    assert refused(price_statement(9001, state="PUBLISHED")) == f"{PRICE}_begins_as_draft"


LIFE = ["DRAFT", "IN_REVIEW", "APPROVED", "PUBLISHED", "RETIRED", "OBSOLETE"]
STEPS = {
    ("DRAFT", "IN_REVIEW"),
    ("IN_REVIEW", "APPROVED"),
    ("IN_REVIEW", "DRAFT"),
    ("APPROVED", "PUBLISHED"),
    ("APPROVED", "DRAFT"),
    ("PUBLISHED", "RETIRED"),
    ("PUBLISHED", "OBSOLETE"),
    ("RETIRED", "OBSOLETE"),
}


@pytest.mark.parametrize("table", [PRICE, OFFER])
def test_only_the_steps_of_the_life_are_taken(table: str) -> None:
    """2.11, every pair of states."""
    if table == PRICE:
        price(9001)
    for reached, now in enumerate(LIFE):
        if reached:
            go(table, 9001, now)
        for to in LIFE:
            if to == now:
                continue
            step = f"UPDATE {table} SET state = '{to}' WHERE id = 9001"
            if (now, to) not in STEPS:
                assert refused(step) == f"{table}_follows_its_life"


@pytest.mark.parametrize("state", ["IN_REVIEW", "APPROVED", "PUBLISHED", "RETIRED"])
@pytest.mark.parametrize(
    "change",
    [
        "flat_amount = 1",
        "currency = 'EUR'",
        "segment = 'X'",
        "charge_id = charge_id + 0, percent = 1",
    ],
)
def test_what_a_submitted_price_says_does_not_change(state: str, change: str) -> None:
    price(9001)
    go(PRICE, 9001, *LIFE[1 : LIFE.index(state) + 1])
    assert refused(f"UPDATE {PRICE} SET {change} WHERE id = 9001") == f"{PRICE}_is_immutable"
    assert refused(f"DELETE FROM {PRICE} WHERE id = 9001") == f"{PRICE}_is_immutable"


def test_a_superuser_in_a_replication_role_is_refused_too() -> None:
    price(9001)
    publish(9001)
    run("SET LOCAL session_replication_role = replica")
    assert refused(f"UPDATE {PRICE} SET flat_amount = 0") == f"{PRICE}_is_immutable"


def test_a_published_price_may_end_earlier_and_nothing_else() -> None:
    price(9001)
    publish(9001)
    for valid in ("[2025-01-01,)", "[2026-02-01,)", "empty"):
        assert refused(f"UPDATE {PRICE} SET valid = '{valid}'") in {
            f"{PRICE}_is_immutable", f"{PRICE}_valid_begins"
        }  # fmt: skip
    run(f"UPDATE {PRICE} SET valid = '[2026-01-01,2026-07-01)'")
    assert refused(f"UPDATE {PRICE} SET valid = '[2026-01-01,)'") == f"{PRICE}_is_immutable"


@pytest.mark.parametrize("table", [PRICE, OFFER])
def test_an_author_neither_approves_nor_publishes(table: str) -> None:
    if table == PRICE:
        price(9001)
    go(table, 9001, "IN_REVIEW")
    approve = f"UPDATE {table} SET state = 'APPROVED', approved_at = now(), approved_by_id = 9001"
    assert refused(f"{approve} WHERE id = 9001") == f"{table}_author_does_not_approve"
    skip = f"UPDATE {table} SET state = 'APPROVED' WHERE id = 9001"
    assert refused(skip) == f"{table}_published_was_approved"
    go(table, 9001, "APPROVED")
    publish_it = f"UPDATE {table} SET state = 'PUBLISHED', published_by_id = 9001 WHERE id = 9001"
    assert refused(publish_it) == f"{table}_author_does_not_publish"


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [
        ({"valid": "[2026-06-01,)"}, True),
        ({"valid": "[2025-01-01,2026-01-02)"}, True),
        ({"valid": "[2025-01-01,2026-01-01)"}, False),
        ({"currency": "EUR"}, False),
        ({"segment": "SMB"}, False),
        ({"region": "NORTH"}, False),
        ({"channel": "WEB"}, False),
        ({"attribute_key": "zone=EU"}, False),
    ],
)
def test_published_prices_of_one_key_do_not_overlap(
    other: dict[str, object], overlaps: bool
) -> None:
    """I-22; prices without a book, segment, region, channel or attribute take part."""
    price(9001)
    price(9002, **other)
    publish(9001)
    go(PRICE, 9002, "IN_REVIEW", "APPROVED")
    step = f"UPDATE {PRICE} SET state = 'PUBLISHED' WHERE id = 9002"
    if overlaps:
        assert refused(step) == f"{PRICE}_published_do_not_overlap"
    else:
        run(step)


def test_a_price_book_has_prices_of_its_own() -> None:
    run(
        "INSERT INTO catalog_pricebook (id, code, name) OVERRIDING SYSTEM VALUE "
        "VALUES (9001, 'PARTNER', 'Partner')"
    )
    price(9001)
    price(9002, pricebook_id=9001)
    price(9003, pricebook_id=9001)
    publish(9001, 9002)
    go(PRICE, 9003, "IN_REVIEW", "APPROVED")
    step = f"UPDATE {PRICE} SET state = 'PUBLISHED' WHERE id = 9003"
    assert refused(step) == f"{PRICE}_published_do_not_overlap"


def test_a_retired_price_keeps_its_days() -> None:
    price(9001)
    publish(9001)
    go(PRICE, 9001, "RETIRED")
    price(9002)
    go(PRICE, 9002, "IN_REVIEW", "APPROVED")
    step = f"UPDATE {PRICE} SET state = 'PUBLISHED' WHERE id = 9002"
    assert refused(step) == f"{PRICE}_published_do_not_overlap"


def test_one_version_of_an_offer_is_on_sale_at_a_time() -> None:
    offer_version(9002, 2, "[2026-12-01,)")
    go(OFFER, 9001, *PUBLISH)
    go(OFFER, 9002, "IN_REVIEW", "APPROVED")
    step = f"UPDATE {OFFER} SET state = 'PUBLISHED' WHERE id = 9002"
    assert refused(step) == f"{OFFER}_one_on_sale"
    run(f"UPDATE {OFFER} SET sale_window = '[2026-01-01,2026-12-01)' WHERE id = 9001")
    run(step)
    assert refused(f"UPDATE {OFFER} SET notice_days = 9 WHERE id = 9002") == (
        f"{OFFER}_is_immutable"
    )
