"""Every guard of the migrated database stands in docs/invariants.md; every line is true."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.architecture import catalogs
from tests.architecture.house import ROOT

# Endings that may stand for many guards: their tests draw the list from the models.
GENERAL = {"*_is_money", "*_is_number", "*_history", "*_key"}


@pytest.mark.django_db
def test_every_guard_of_the_database_is_on_the_page() -> None:
    plain, patterns = catalogs.objects_on_the_page()
    general = [pattern for pattern in patterns if pattern in GENERAL]
    refused = catalogs.refusals()
    missing = sorted(
        f"{table}: {name}"
        for name, table, function in catalogs.guards()
        if name not in plain
        and not (function and refused.get(function) and refused[function] <= plain)
        and not any(fnmatchcase(name, pattern) for pattern in general)
    )
    assert not missing, "\n".join(missing)


@pytest.mark.django_db
def test_every_refusal_of_a_trigger_is_on_the_page() -> None:
    plain, _ = catalogs.objects_on_the_page()
    missing = sorted(catalogs.names_of_refusals() - plain)
    assert not missing, "\n".join(missing)


@pytest.mark.django_db
def test_every_object_on_the_page_is_in_the_database() -> None:
    known = catalogs.names_of_the_database()
    gone = sorted(
        f"{line.invariant}: {name}"
        for line in catalogs.lines()
        for name in line.objects
        if not any(fnmatchcase(existing, name) for existing in known)
    )
    assert not gone, "\n".join(gone)


def test_every_line_names_its_object_and_an_attacking_test_that_exists() -> None:
    poor = []
    for line in catalogs.lines():
        files = [test.split("::")[0] for test in line.tests]
        if not line.objects or not files or not all((ROOT / file).is_file() for file in files):
            poor.append(line.invariant)
    assert not poor, "\n".join(poor)


@pytest.mark.django_db
def test_every_guard_has_a_test_by_which_it_is_attacked() -> None:
    """The list by which `scripts/guard_mutations.py` takes one guard after the other away."""
    attacks = catalogs.attacks()
    assert not sorted(name for name, files in attacks.items() if not files)
    if target := os.environ.get("BILLING_GUARDS_TO"):
        Path(target).write_text(
            "".join(f"{name} {' '.join(sorted(files))}\n" for name, files in attacks.items())
        )
