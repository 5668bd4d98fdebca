"""The acts of `test_sweeps.py`, broken so that they commit a part by itself: the sweeps see it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

import audit.operations
from rating.operations import loading, rerating, suspending
from tests.apps.rating.company import Company
from tests.concurrency import test_sweeps as sweeps
from tests.concurrency.street import Boundaries
from tests.concurrency.sweep import sweep

pytestmark = pytest.mark.django_db(transaction=True)
mobile = sweeps.mobile
Act = Callable[[], None]


def seen_with_a_commit_before(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, act: Act
) -> bool:
    """Commit what was done so far before a function; tell whether deaths after it do harm."""
    whole, met = getattr(owner, name), []

    def early(*words: Any, **more: Any) -> Any:
        connection.connection.commit()
        met.append(Boundaries.current.count)
        return whole(*words, **more)

    monkeypatch.setattr(owner, name, early)
    swept = sweep(act, lambda _: range(met[-1] + 1, met[-1] + 4))
    assert swept.deaths == 3
    return bool(swept.wrong)


def test_a_load_that_marks_its_part_later(
    monkeypatch: pytest.MonkeyPatch, mobile: Company
) -> None:
    act = sweeps.loads(mobile)
    assert seen_with_a_commit_before(monkeypatch, loading, "mark_done", act)


def test_rating_again_that_suspends_later(
    monkeypatch: pytest.MonkeyPatch, mobile: Company
) -> None:
    act = sweeps.rates_again(mobile)
    renew, suspend = rerating._renew_events, rerating._suspend
    put_off: list[tuple[Any, ...]] = []

    def suspend_them() -> None:
        for words in put_off:
            suspend(*words)

    later = SimpleNamespace(suspend_them=suspend_them)

    def renew_then_suspend(*words: Any) -> None:
        put_off.clear()
        renew(*words)
        later.suspend_them()

    monkeypatch.setattr(rerating, "_suspend", lambda *words: put_off.append(words))
    monkeypatch.setattr(rerating, "_renew_events", renew_then_suspend)
    assert seen_with_a_commit_before(monkeypatch, later, "suspend_them", act)


def test_recycling_that_notes_later(monkeypatch: pytest.MonkeyPatch, mobile: Company) -> None:
    act = sweeps.recycles(mobile)
    assert seen_with_a_commit_before(monkeypatch, suspending, "_note", act)


@pytest.mark.parametrize("act", [sweeps.takes_prices, sweeps.records_payments])
def test_a_file_whose_batch_is_closed_later(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[], Act]
) -> None:
    closes = audit.operations
    assert seen_with_a_commit_before(monkeypatch, closes, "close_batch", act())
