"""The company of the usage tests, and a spool of their own."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.apps.rating.company import Company, found_company, open_line


@pytest.fixture(autouse=True)
def _spool(settings: LazySettings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


@pytest.fixture
def company(db: None) -> Company:
    made = found_company()
    open_line(made, "4915")
    return made
