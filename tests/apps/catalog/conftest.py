"""The shop of the catalog tests."""

import pytest

from tests.apps.catalog.shop import Shop, open_shop
from tests.worlds import standing

shop_world = standing("shop_world", open_shop)


@pytest.fixture
def fiber(shop_world: Shop) -> Shop:
    return shop_world
