"""Prices by file: each row becomes a draft, or is told why not."""

from __future__ import annotations

from datetime import date

import pytest

import audit.operations
from audit.models import ImportBatch
from catalog import operations, queries
from catalog.models import PriceVersion
from tests.apps.catalog.price_files import (
    HEAD,
    TIERED,
    TIERS,
    TODAY,
    D,
    kinds,
    send,
    told,
)
from tests.apps.catalog.shop import Shop, published

pytestmark = pytest.mark.django_db


def test_a_new_price_becomes_a_draft_of_the_batch(fiber: Shop) -> None:
    report = send(HEAD + "FIBER/1/RENTAL,USD,2027-04-01,FLAT,29.99\n")
    assert report.batch is not None
    assert report.counts == {
        "rows": 1, "new": 1, "changed": 0, "unchanged": 0, "ended": 0, "rejected_rows": 0,
        "drafted": 1,
    }  # fmt: skip
    draft = PriceVersion.objects.get(pk=report.drafted[0])
    assert (draft.state, draft.flat_amount, draft.valid.lower) == (
        "DRAFT", D("29.99"), date(2027, 4, 1)
    )  # fmt: skip
    assert draft.batch_id == report.batch.pk
    assert report.batch.counts["new"] == 1


def test_a_dry_run_tells_the_same_and_writes_nothing(fiber: Shop) -> None:
    text = HEAD + "FIBER/1/RENTAL,USD,2027-04-01,FLAT,29.99\nFIBER/1/GHOST,USD,2027-04-01,FLAT,1\n"
    rehearsal = send(text, dry_run=True)
    assert not PriceVersion.objects.exists()
    assert not ImportBatch.objects.exists()
    report = send(text)
    assert kinds(rehearsal) == kinds(report) == ["new"]
    assert rehearsal.problems == report.problems
    assert told(report) == [(3, "charge", "UNKNOWN")]


def test_new_changed_unchanged_and_ended_are_told_apart(fiber: Shop) -> None:
    old = published(fiber.rental, flat_amount=D(30))
    kept = published(fiber.install, unit_price=D(99))
    ended = published(fiber.minutes, tiers=TIERS)
    head = (
        "charge,currency,valid_from,valid_to,model,flat,unit_price,tier_seq,tier_upper,pricebook\n"
    )
    operations.define_price_book(code="PARTNER", name="Partner", actor=None)
    report = send(
        head
        + "FIBER/1/RENTAL,USD,2027-06-01,,FLAT,33,,,,\n"
        + "FIBER/1/INSTALL,USD,2027-01-01,,PER_UNIT,,99.00,,,\n"
        + "FIBER/1/MINUTES,USD,2027-01-01,2027-09-01,GRADUATED,,0.1,1,100,\n"
        + "FIBER/1/MINUTES,USD,2027-01-01,2027-09-01,GRADUATED,,0.05,2,,\n"
        + "FIBER/1/RENTAL,USD,2027-06-01,,FLAT,25,,,,PARTNER\n"
    )
    assert told(report) == []
    assert kinds(report) == ["changed", "unchanged", "ended", "new"]
    notes = [change.note for change in report.changes]
    assert notes == [
        f"ends price {old.pk}", "", f"price {ended.pk} ends on 2027-09-01", ""
    ]  # fmt: skip
    assert len(report.drafted) == 3
    for pk in report.drafted:
        operations.submit_price(price_id=pk, actor=None)
        operations.approve_price(price_id=pk, actor=None)
        operations.publish_price(price_id=pk, on_date=TODAY, actor=None)
    old.refresh_from_db()
    kept.refresh_from_db()
    assert old.valid.upper == date(2027, 6, 1)
    assert kept.valid.upper is None
    find = {"book_id": None, "currency": "USD"}
    catalog = queries.compiled()
    assert catalog.price_for(fiber.minutes.pk, on_date=date(2027, 8, 31), **find) is not None  # type: ignore[arg-type]
    assert catalog.price_for(fiber.minutes.pk, on_date=date(2027, 9, 1), **find) is None  # type: ignore[arg-type]


def test_good_rows_are_drafted_beside_bad_ones(fiber: Shop) -> None:
    report = send(
        HEAD
        + "FIBER/1/RENTAL,USD,2027-04-01,FLAT,29.99\n"
        + "FIBER/1/RENTAL,EUR,2027-04-01,FLAT,NaN\n"
        + "FIBER/1/INSTALL,USD,2027-04-01,FLAT,5\n"
    )
    assert told(report) == [(3, "flat", "NUMBER"), (4, "model", "TIER-2")]
    assert len(report.drafted) == 1
    assert report.batch is not None
    stored = [(e.row, e.column, e.rule) for e in report.batch.errors.order_by("row")]
    assert stored == told(report)
    assert report.batch.state == "WITH_ERRORS"


BAD_VALUES = [
        # numbers
        *(
            (f"FIBER/1/RENTAL,USD,2027-04-01,FLAT,{text}", "flat", "NUMBER")
            for text in (
                "NaN", "inf", "-Infinity", "sNaN", "1e5", "1e999999", "1_000", "٣", "９",
                '"1,000"',
                '"9,99"', "$9.99", "−9.99", "9.99 USD", "0x10", "+5", ".5", "5.",
            )
        ),
        ("FIBER/1/RENTAL,USD,2027-04-01,FLAT,9.999", "flat", "DECIMALS"),
        ("FIBER/1/RENTAL,JPY,2027-04-01,FLAT,9.5", "flat", "DECIMALS"),
        ("FIBER/1/RENTAL,USD,2027-04-01,FLAT,-1", "flat", "RANGE"),
        ("FIBER/1/RENTAL,USD,2027-04-01,FLAT,999999999999999999", "flat", "RANGE"),
        # dates
        *(
            (f"FIBER/1/RENTAL,USD,{text},FLAT,9", "valid_from", "DATE")
            for text in ("2027-02-29", "27-04-01", "01/04/2027", "2027-04-01T24:00", "46478", "x")
        ),
        ("FIBER/1/RENTAL,USD,0001-01-01,FLAT,9", "valid_from", "RANGE"),
        ("FIBER/1/RENTAL,USD,,FLAT,9", "valid_from", "REQUIRED"),
        # identity
        ("FIBER/1/NOTHING,USD,2027-04-01,FLAT,9", "charge", "UNKNOWN"),
        (",USD,2027-04-01,FLAT,9", "charge", "REQUIRED"),
        ("FIBER/1/RENTAL,XXQ,2027-04-01,FLAT,9", "currency", "CURRENCY"),
        ("FIBER/1/RENTAL,usd,2027-04-01,FLAT,9", "currency", "CURRENCY"),
        # model
        ("FIBER/1/RENTAL,USD,2027-04-01,PER_UNIT,9", "model", "TIER-2"),
        ("FIBER/1/RENTAL,USD,2027-04-01,CHEAP,9", "model", "CHOICE"),
        # text
        ("=1+1,USD,2027-04-01,FLAT,9", "charge", "CODE"),
        ("<b>x</b>,USD,2027-04-01,FLAT,9", "charge", "CODE"),
        ("'; DROP TABLE x;--,USD,2027-04-01,FLAT,9", "charge", "CODE"),
        ("FIBER/1/\u202eLATNER,USD,2027-04-01,FLAT,9", "charge", "TEXT"),
        ("F" + "X" * 100 + ",USD,2027-04-01,FLAT,9", "charge", "LENGTH"),
        ("FІBER/1/RENTAL,USD,2027-04-01,FLAT,9", "charge", "CODE"),  # a Cyrillic letter
    ]  # fmt: skip


def test_a_bad_value_is_told_with_row_column_and_rule(fiber: Shop) -> None:
    """Reliability 5: numbers, dates, identity, money, text."""
    report = send(HEAD + "".join(f"{row}\n" for row, _, _ in BAD_VALUES))
    expected = [(n, column, rule) for n, (_, column, rule) in enumerate(BAD_VALUES, 2)]
    assert told(report) == expected
    assert report.drafted == []
    assert all(problem.message for problem in report.problems)


def left(row: int) -> tuple[int, str, str]:
    """A sound row of a price that is not taken because of another."""
    return (row, "charge", "TOGETHER")


def tier_rows(*rows: tuple[object, object, object]) -> str:
    return TIERED + "".join(
        f"FIBER/1/MINUTES,USD,2027-04-01,GRADUATED,{seq},{upper},{unit}\n"
        for seq, upper, unit in rows
    )


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ([(1, 100, 1), (2, 50, 1), (3, "", 1)], [left(2), (3, "tier_upper", "TIER-1"), left(4)]),
        ([(1, 100, 1), (2, 100, 1), (3, "", 1)], [left(2), (3, "tier_upper", "TIER-1"), left(4)]),
        ([(1, 100, 1), (3, "", 1)], [left(2), (3, "tier_seq", "TIER-1")]),
        ([(1, 100, 1), (1, "", 1)], [left(2), (3, "tier_seq", "TIER-1")]),
        ([(2, "", 1)], [(2, "tier_seq", "TIER-1")]),
        ([(1, "", 1), (2, 100, 1)], [(2, "tier_upper", "TIER-1"), (3, "tier_upper", "TIER-1")]),
        ([(1, 100, 1)], [(2, "tier_upper", "TIER-1")]),
        ([(1, -5, 1), (2, "", 1)], [(2, "tier_upper", "RANGE"), left(3)]),
        ([(1, 100, "x"), (2, "", 1)], [(2, "unit_price", "NUMBER"), left(3)]),
        ([(0, 100, 1), (2, "", 1)], [(2, "tier_seq", "RANGE"), left(3)]),
    ],
)
def test_tiers_with_gaps_or_negative_widths_are_refused(
    fiber: Shop, rows: list[tuple[object, object, object]], problems: list[tuple[int, str, str]]
) -> None:
    """TIER-1; no tier of a price with a bad tier is taken."""
    report = send(tier_rows(*rows))
    assert told(report) == problems
    assert report.drafted == []


def test_a_price_that_is_left_out_is_not_free(fiber: Shop) -> None:
    """A blank cell was a price of zero; what costs nothing says 0."""
    head = "charge,currency,valid_from,model,unit_price,flat,percent\n"
    row = "FIBER/1/{},USD,2027-04-01,{},{},{},\n"
    report = send(
        head + row.format("RENTAL", "FLAT", "", "") + row.format("INSTALL", "PER_UNIT", "", "")
    )
    assert told(report) == [(2, "flat", "REQUIRED"), (3, "unit_price", "REQUIRED")]
    assert report.drafted == []
    assert told(send(tier_rows((1, 100, "0.10"), (2, "", "")))) == [
        left(2), (3, "unit_price", "REQUIRED"),
    ]  # fmt: skip
    free = send(head + row.format("RENTAL", "FLAT", "", "0"))
    assert (kinds(free), told(free)) == (["new"], [])


def test_tiers_may_come_in_any_order(fiber: Shop) -> None:
    report = send(tier_rows((2, "", "0.05"), (1, 100, "0.10")))
    (change,) = report.changes
    assert change.proposal.values.tiers == TIERS


def test_rows_of_one_price_agree(fiber: Shop) -> None:
    twice = "FIBER/1/RENTAL,USD,2027-04-01,FLAT,9\n"
    assert told(send(HEAD + twice + twice)) == [
        (2, "charge", "DUPLICATE"), (3, "charge", "DUPLICATE")
    ]  # fmt: skip
    head = "charge,currency,valid_from,model,tier_seq,tier_upper,unit_price,min\n"
    text = (
        head
        + "FIBER/1/MINUTES,USD,2027-04-01,GRADUATED,1,10,1,5\n"
        + "FIBER/1/MINUTES,USD,2027-04-01,GRADUATED,2,,1,6\n"
    )
    assert told(send(text)) == [(2, "charge", "TOGETHER"), (3, "model", "CONTRADICTION")]


def test_ranges_of_one_file_do_not_overlap(fiber: Shop) -> None:
    head = "charge,currency,valid_from,valid_to,model,flat\n"
    row = "FIBER/1/RENTAL,USD,{},{},FLAT,{}\n"
    overlapping = (
        head + row.format("2027-04-01", "2027-08-01", 1) + row.format("2027-07-01", "", 2)
    )
    assert told(send(overlapping)) == [(2, "valid_to", "OVERLAP")]
    chained = head + row.format("2028-04-01", "", 1) + row.format("2028-07-01", "", 2)
    report = send(chained)
    assert [change.proposal.ends for change in report.changes] == [date(2028, 7, 1), None]
    backwards = head + row.format("2029-04-01", "2029-04-01", 1)
    assert told(send(backwards)) == [(2, "valid_to", "PER-1")]


def test_days_past_are_not_changed(fiber: Shop) -> None:
    published(fiber.rental, flat_amount=D(30))
    row = HEAD + "FIBER/1/RENTAL,USD,{},FLAT,{}\n"
    assert told(send(row.format("2027-02-28", 31))) == [(2, "valid_from", "PRICE-RETRO")]
    assert kinds(send(row.format("2027-03-01", 31))) == ["changed"]
    assert kinds(send(row.format("2027-02-01", 30))) == ["unchanged"]
    # The first price of a key may begin in the past.
    assert kinds(send(HEAD + "FIBER/1/RENTAL,EUR,2027-01-01,FLAT,28\n")) == ["new"]


def test_a_price_to_come_is_replaced_before_it_begins(fiber: Shop) -> None:
    published(fiber.rental, flat_amount=D(30))
    coming = published(fiber.rental, flat_amount=D(33), starts=date(2027, 6, 1), on_date=TODAY)
    report = send(HEAD + "FIBER/1/RENTAL,USD,2027-06-01,FLAT,32\n")
    assert report.changes[0].note == f"takes the place of price {coming.pk}"
    earlier = send(HEAD + "FIBER/1/RENTAL,USD,2027-05-01,FLAT,31\n")
    assert earlier.changes[0].proposal.ends == date(2027, 6, 1)
    (pk,) = report.drafted
    operations.submit_price(price_id=pk, actor=None)
    operations.approve_price(price_id=pk, actor=None)
    operations.publish_price(price_id=pk, on_date=TODAY, actor=None)
    coming.refresh_from_db()
    assert coming.state == "OBSOLETE"


def test_a_price_that_waits_already_is_unchanged(fiber: Shop) -> None:
    row = "FIBER/1/RENTAL,USD,2027-04-01,FLAT,9\n"
    send(HEAD + row)
    again = send(
        "charge,currency,model,valid_from,flat\nFIBER/1/RENTAL,USD,FLAT,2027-04-01,9.00\n"
    )
    assert kinds(again) == ["unchanged"]
    assert again.drafted == []


def test_attributes_are_read_as_a_set(fiber: Shop) -> None:
    head = "charge,currency,valid_from,model,unit_price,attributes\n"
    row = "FIBER/1/MINUTES,USD,2027-04-01,GRADUATED,1,{}\n"
    report = send(head + row.format("zone=EU;peak=yes"))
    assert report.changes[0].proposal.key.attributes == "peak=yes,zone=EU"
    for text, rule in (
        ("zone", "ATTRIBUTES"), ("zone=EU;zone=US", "ATTRIBUTES"), ("zone=E U", "CODE"),
        ("colour=red", "PRC-3"),
    ):  # fmt: skip
        assert told(send(head + row.format(text))) == [(2, "attributes", rule)]


def test_the_same_file_is_taken_once(fiber: Shop) -> None:
    text = HEAD + "FIBER/1/RENTAL,USD,2027-04-01,FLAT,9\n"
    send(text)
    with pytest.raises(audit.operations.AlreadyImported):
        send(text, name="again.csv")
    assert PriceVersion.objects.count() == 1
