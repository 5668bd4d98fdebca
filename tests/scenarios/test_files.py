"""Every scenario file comes out as it says, on the figures worked out in it by hand.

Files that sell the same offers are played before one shelf: putting offers up goes through
review and approval, and is a third of the work of a short file. What a file does to the shelf is
taken back with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from billing_site.scenarios import loading, playing
from billing_site.scenarios.stage import Shelf, Stage, set_stage
from billing_site.scenarios.words import Scenario, Setup

SCENARIOS = [loading.load(path) for path in loading.files([Path("scenarios")])]


def _sold(scenario: Scenario) -> str:
    """Write what a scenario sells; the same words put up the same offers."""
    return f"{scenario.setup.currency} {scenario.setup.offers}"


SETUPS = {_sold(one): one.setup for one in SCENARIOS}
PLAYED = [
    pytest.param(SETUPS[_sold(one)], one, id=one.file) for one in sorted(SCENARIOS, key=_sold)
]


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker) -> Iterator[Stage]:
    with django_db_blocker.unblock(), playing.taken_back():
        yield set_stage()


@pytest.fixture(scope="module")
def shelf(stage: Stage, request: pytest.FixtureRequest) -> Iterator[Shelf]:
    setup: Setup = request.param
    with playing.stocked(stage, setup) as stocked:
        yield stocked


@pytest.mark.parametrize(("shelf", "scenario"), PLAYED, indirect=["shelf"])
def test_scenario(stage: Stage, shelf: Shelf, scenario: Scenario) -> None:
    outcome = playing.play(stage, scenario, shelf)
    assert outcome.is_as_expected, "\n".join(["", *outcome.differences])
