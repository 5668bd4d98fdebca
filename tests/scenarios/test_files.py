"""Every scenario file comes out as it says, on the figures worked out in it by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from billing_site.scenarios import loading, playing
from billing_site.scenarios.stage import Stage, set_stage

FILES = [str(path) for path in loading.files([Path("scenarios")])]


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker) -> Iterator[Stage]:
    with django_db_blocker.unblock(), playing.taken_back():
        yield set_stage()


@pytest.mark.parametrize("file", FILES)
def test_scenario(stage: Stage, file: str) -> None:
    outcome = playing.play(stage, loading.load(Path(file)))
    assert outcome.is_as_expected, "\n".join(["", *outcome.differences])
