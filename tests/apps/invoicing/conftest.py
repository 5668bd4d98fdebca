import pytest

from tests.apps.invoicing.company import Company
from tests.worlds import standing

billing_world = standing("billing_world", Company)


@pytest.fixture
def company(billing_world: Company) -> Company:
    return billing_world
