"""The company of the usage tests, and a spool of their own."""

from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.apps.rating.company import Company, found_company, open_line
from tests.worlds import standing


@pytest.fixture(autouse=True)
def _spool(settings: LazySettings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def _founded() -> Company:
    made = found_company()
    open_line(made, "4915")
    return made


mobile_world = standing("mobile_world", _founded)


@pytest.fixture
def company(mobile_world: Company) -> Company:
    return mobile_world
