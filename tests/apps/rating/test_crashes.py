"""A load that is killed anywhere goes on where it stopped (F09)."""

import os
import signal
import time
from datetime import UTC, date, datetime
from pathlib import Path
from unittest import mock

import pytest
from django.db import connection, transaction

from customers.models import ServiceIdentifier
from rating import operations
from rating.choices import FileState, PartState
from rating.models import SuspenseItem, UsageFile, UsageFilePart
from rating.operations import loading
from rating.operations.partitions import ensure_partitions
from rating.rules import scanning
from tests.apps.rating.company import RECEIVED, Company, csv_of, load, row, stored_events, sums
from tests.apps.rating.test_loading import findings
from tests.racing import race

ROWS = [
    row(
        f"k{number % 55}",
        quantity=str(1 + number % 55),
        identifier="4915" if number % 55 % 3 else f"49{number % 55}",
        event_start=f"2027-05-{1 + number % 5:02}T10:00:00Z",
    )
    for number in range(60)
]


class Killed(BaseException):
    """The process is gone; nothing in the code may catch this."""


def small_parts(size: int) -> int:
    return scanning.part_count(size, part_bytes=600)


@pytest.mark.django_db
def test_killed_before_and_after_every_statement(company: Company) -> None:
    """Sweep: die at the k-th statement, load again, compare with an undisturbed load."""
    with transaction.atomic():
        load(company, *ROWS)
        expected = sums(), stored_events(), SuspenseItem.objects.count()
        transaction.set_rollback(True)

    def attempt(dies_at: int) -> bool:
        """Load, dying at a statement; tell whether it died."""
        seen = 0

        def watch(execute, statement, params, many, context):  # type: ignore[no-untyped-def]
            nonlocal seen
            seen += 1
            if seen == dies_at:
                raise Killed
            return execute(statement, params, many, context)

        with connection.execute_wrapper(watch):
            try:
                load(company, *ROWS)
            except Killed:
                return True
        return False

    dies_at, died = 1, True
    with mock.patch("rating.operations.receiving.part_count", small_parts):
        while died:
            with transaction.atomic():
                died = attempt(dies_at)
                if died:
                    file = load(company, *ROWS)
                    assert file.state == FileState.LOADED
                    got = sums(), stored_events(), SuspenseItem.objects.count()
                    assert got == expected, dies_at
                transaction.set_rollback(True)
            dies_at += 7
    assert dies_at > 60


@pytest.mark.django_db(transaction=True)
def test_workers_that_are_killed_are_followed_by_others(company: Company, tmp_path: Path) -> None:
    """Real processes: each dies after its second part, until the file is loaded."""
    path = tmp_path / "u.csv"
    path.write_bytes(csv_of(*ROWS))
    real, parts_done = loading._load_part, 0

    def load_and_die(*arguments: object) -> None:
        nonlocal parts_done
        parts_done += 1
        if parts_done > 2:
            os.kill(os.getpid(), signal.SIGKILL)
        real(*arguments)  # type: ignore[arg-type]

    def call() -> UsageFile:
        return operations.load_file(
            source=company.source, filename="u.csv", content=path, received_at=RECEIVED,
            workers=2,
        )  # fmt: skip

    with mock.patch("rating.operations.receiving.part_count", small_parts):
        with (
            mock.patch("rating.operations.loading._load_part", load_and_die),
            pytest.raises(loading.CannotFinishLoad),
        ):
            call()
        assert 0 < UsageFilePart.objects.filter(state=PartState.DONE).count() <= 4
        assert UsageFilePart.objects.filter(state=PartState.PENDING).exists()
        file = call()
    assert file.state == FileState.LOADED
    assert (file.received_count, file.duplicate_count) == (60, 5)
    assert file.loaded_count + file.suspended_count == 55
    assert findings() == []
    assert not list((tmp_path / "usage").glob("*"))


@pytest.mark.django_db
def test_what_a_dead_load_left_in_the_spool_is_thrown_away_a_day_later(
    company: Company, tmp_path: Path
) -> None:
    spool, now = tmp_path / "usage", time.time()
    for name, days in (("tmpdead", 2), ("tmpyoung", 0), ("1-waits-1", 2)):
        (spool / name).mkdir(parents=True)
        os.utime(spool / name, (now, now - days * 86_400))
    UsageFile.objects.create(
        source=company.source, name="w.csv", sha256="w", format="CSV", received_at=RECEIVED,
        state=FileState.LOADING, path=str(spool / "1-waits-1"),
    )  # fmt: skip
    load(company, *ROWS)
    left = {folder.name for folder in spool.iterdir()}
    assert {"tmpdead", "tmpyoung", "1-waits-1"} & left == {"tmpyoung", "1-waits-1"}


@pytest.mark.django_db(transaction=True)
def test_two_loads_make_the_partition_of_a_month_at_once(company: Company) -> None:
    """Both find it missing; one makes it, the other waits and then finds it."""

    def make() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            ensure_partitions(cursor, {"2031-01"})
            time.sleep(0.3)

    assert race(make, make) == [None, None]


@pytest.mark.django_db
def test_rating_again_killed_before_any_statement_and_resumed_is_the_same(
    company: Company,
) -> None:
    """RATE-2: die at the k-th statement, rate again, compare with an undisturbed rating."""
    load(company, *ROWS, row("v", usage_type="VOICE", attr_zone="", quantity="90"))
    ServiceIdentifier.objects.filter(value="4915").update(
        valid=(None, datetime(2027, 5, 4, tzinfo=UTC))
    )

    def rated() -> tuple[object, ...]:
        operations.rerate(start=date(2027, 5, 1), end=date(2027, 6, 1), as_of=RECEIVED)
        return sums(), stored_events(), SuspenseItem.objects.count()

    with transaction.atomic():
        expected = rated()
        transaction.set_rollback(True)
    died = 0
    for dies_at in range(1, 60, 3):
        seen = 0

        def watch(execute, statement, params, many, context):  # type: ignore[no-untyped-def]
            nonlocal seen
            seen += 1
            if seen == dies_at:  # noqa: B023  used within the turn
                raise Killed
            return execute(statement, params, many, context)

        with transaction.atomic():
            try:
                with transaction.atomic(), connection.execute_wrapper(watch):
                    rated()
            except Killed:
                died += 1
            assert rated() == expected
            assert rated() == expected
            transaction.set_rollback(True)
        if seen < dies_at:
            break
    assert died > 4
    assert findings() == []
