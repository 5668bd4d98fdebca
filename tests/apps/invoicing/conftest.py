import pytest

from tests.apps.invoicing.company import Company


@pytest.fixture
def company(db: None) -> Company:
    return Company()
