"""One world of files for a whole module; what a test sends is taken back after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from tests.doors.file_kinds import World, build, counts


@pytest.fixture(scope="module")
def _built(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(settings, "VAR_DIR", tmp_path_factory.mktemp("spool"))
        yield replace(build(), counts=counts())
        transaction.set_rollback(True)


@pytest.fixture
def world(_built: World) -> Iterator[World]:
    with transaction.atomic():
        yield _built
        transaction.set_rollback(True)
