"""Rows are read strictly, and every door reads them with this reader."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from rating.rules.reasons import Reason, Rejected
from rating.rules.rows import Layout, RowReader, UsageTypeTerms, header_problem

COLUMNS = (
    "event_key", "usage_type", "identifier_type", "identifier", "event_start", "event_end",
    "quantity", "uom", "attr.zone",
)  # fmt: skip
TYPES = {
    "DATA": UsageTypeTerms(
        "DATA",
        "MB",
        {"MB": (Decimal(1), Decimal(1)), "GB": (Decimal(1000), Decimal(1))},
        relevant=("zone",),
    ),
    "CREDIT": UsageTypeTerms(
        "CREDIT", "EA", {"EA": (Decimal(1), Decimal(1))}, allows_negative=True
    ),
}


def _reader(zone: str = "Europe/Berlin", late_days: int | None = None) -> RowReader:
    return RowReader(
        Layout(COLUMNS),
        source="MED",
        zone=ZoneInfo(zone),
        types=TYPES,
        received_at=datetime(2027, 5, 10, 12, tzinfo=UTC),
        late_days=late_days,
    )


def _fields(**changes: str) -> list[str]:
    row = {
        "event_key": "k1", "usage_type": "DATA", "identifier_type": "MSISDN",
        "identifier": "4915112345", "event_start": "2027-05-03T10:15:22Z", "event_end": "",
        "quantity": "12.50", "uom": "", "attr.zone": "EU",
    }  # fmt: skip
    row |= {name.replace("__", "."): value for name, value in changes.items()}
    return ["7", *(row[name] for name in COLUMNS)]


def test_a_row_becomes_utc_text_and_base_units() -> None:
    row = _reader().read(_fields(uom="GB", event_end="2027-05-03T12:20:00+02:00"))
    assert (row.start, row.end) == ("2027-05-03T10:15:22", "2027-05-03T10:20:00")
    assert (row.quantity, row.value) == ("12500", Decimal(12500))
    assert row.attributes == '{"zone":"EU"}'
    assert row.route.relevant == (("zone", "EU"),)


def test_a_time_without_zone_is_local_to_the_source() -> None:
    assert _reader().read(_fields(event_start="2027-05-03 10:15:22")).start == (
        "2027-05-03T08:15:22"
    )


def test_spelling_does_not_change_the_content() -> None:
    reader = _reader()
    plain = reader.read(_fields())
    spelled = reader.read(
        _fields(quantity="12.5", uom="MB", event_start="2027-05-03T12:15:22+02:00")
    )
    assert plain.content_hash == spelled.content_hash
    assert plain.key_hash == spelled.key_hash
    assert reader.read(_fields(quantity="12.51")).content_hash != plain.content_hash


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quantity": "NaN"}, Reason.BAD_QUANTITY),
        ({"quantity": "inf"}, Reason.BAD_QUANTITY),
        ({"quantity": "1e5"}, Reason.BAD_QUANTITY),
        ({"quantity": "1_000"}, Reason.BAD_QUANTITY),
        ({"quantity": "١٢"}, Reason.BAD_QUANTITY),
        ({"quantity": "1,5"}, Reason.BAD_QUANTITY),
        ({"quantity": "−5"}, Reason.BAD_QUANTITY),
        ({"quantity": "-0"}, Reason.BAD_QUANTITY),
        ({"quantity": " 5"}, Reason.BAD_QUANTITY),
        ({"quantity": "0.123456789"}, Reason.BAD_QUANTITY),
        ({"quantity": "1000000000000000"}, Reason.BAD_QUANTITY),
        ({"quantity": "999999999999999", "uom": "GB"}, Reason.BAD_QUANTITY),
        ({"quantity": ""}, Reason.BAD_QUANTITY),
        ({"quantity": "-5"}, Reason.NEGATIVE),
        ({"event_start": "2027-02-29T10:00:00Z"}, Reason.BAD_TIME),
        ({"event_start": "2027-05-03T24:00:00Z"}, Reason.BAD_TIME),
        ({"event_start": "2027-W18-1T10:15:22Z"}, Reason.BAD_TIME),
        ({"event_start": "03.05.2027"}, Reason.BAD_TIME),
        ({"event_start": "46145.5"}, Reason.BAD_TIME),
        ({"event_start": "2027-03-28T02:30:00"}, Reason.BAD_TIME),
        ({"event_start": "2027-05-12T00:00:00Z"}, Reason.IN_FUTURE),
        ({"event_start": "2026-01-01T00:00:00Z"}, Reason.TOO_LATE),
        ({"event_end": "2027-05-03T10:15:21Z"}, Reason.BAD_TIME),
        ({"event_key": ""}, Reason.BAD_TEXT),
        ({"event_key": "k" * 129}, Reason.BAD_TEXT),
        ({"event_key": "k\u202e1"}, Reason.BAD_TEXT),
        ({"event_key": "k\x00"}, Reason.BAD_TEXT),
        ({"event_key": "\ud800"}, Reason.BAD_TEXT),
        ({"event_key": " k"}, Reason.BAD_TEXT),
        ({"event_key": "4.91512E+14"}, Reason.BAD_TEXT),
        ({"event_key": "cafe\u0301"}, Reason.BAD_TEXT),
        ({"identifier": "4.91512E+14"}, Reason.BAD_TEXT),
        ({"identifier": "4915 "}, Reason.BAD_TEXT),
        ({"identifier": "1\t2"}, Reason.BAD_TEXT),
        ({"identifier": "9" * 65}, Reason.BAD_TEXT),
        ({"identifier_type": "MS ISDN"}, Reason.BAD_TEXT),
        ({"usage_type": "FAX"}, Reason.UNKNOWN_TYPE),
        ({"uom": "TB"}, Reason.UNKNOWN_UNIT),
        ({"attr__zone": "a\u0007"}, Reason.BAD_TEXT),
        ({"attr__zone": "z" * 201}, Reason.BAD_TEXT),
    ],
)
def test_what_is_not_plain_is_refused(changes: dict[str, str], reason: Reason) -> None:
    with pytest.raises(Rejected) as refusal:
        _reader(late_days=60).read(_fields(**changes))
    assert refusal.value.reason is reason


def test_a_value_is_one_however_its_accents_and_blanks_are_written() -> None:
    """Decomposed, or with a blank behind, a zone met no price but the general one."""
    plain = _reader().read(_fields(attr__zone="K\u00f6ln"))
    for text in ("Ko\u0308ln", "K\u00f6ln ", " K\u00f6ln"):
        other = _reader().read(_fields(attr__zone=text))
        assert (other.route.relevant, other.content_hash) == (
            plain.route.relevant, plain.content_hash,
        )  # fmt: skip


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(Rejected) as refusal:
        _reader().read([*_fields(), "more"])
    assert refusal.value.reason is Reason.BAD_ROW


def test_corrections_are_negative_where_the_type_allows() -> None:
    assert _reader().read(_fields(usage_type="CREDIT", quantity="-5")).value == Decimal(-5)


def test_a_remembered_time_is_still_checked_with_its_partner() -> None:
    """Days and clocks are remembered apart; every pair of good ones is good."""
    reader = _reader()
    reader.read(_fields(event_start="2027-05-03T10:15:22Z"))
    reader.read(_fields(event_start="2027-05-04T23:59:59Z"))
    assert reader.read(_fields(event_start="2027-05-03T23:59:59Z")).start.endswith("23:59:59")
    with pytest.raises(Rejected):
        reader.read(_fields(event_start="2027-05-0323:59:59Z"))


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (("event_key",), "usage_type is missing"),
        ((*COLUMNS, "event_key"), "named twice"),
        ((*COLUMNS, "price"), "not known"),
        ((*COLUMNS, "attr.Zone"), "lower-case"),
        (("\ufeffevent_key", *COLUMNS[1:]), "event_key is missing"),
    ],
)
def test_a_header_is_strict(columns: tuple[str, ...], says: str) -> None:
    found = header_problem(columns)
    assert found
    assert says in found[1]
    assert found[0]
