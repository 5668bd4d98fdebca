"""What every test stands on: a private copy of the migrated database."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import TransactionTestCase, override_settings
from hypothesis import settings as hypothesis_settings

from billing_site.throwaway import Server, clone_name, server_url
from tests import worlds

# The same examples in every run, so that a red run is red again; HYPOTHESIS=explore looks for new.
hypothesis_settings.register_profile("house", derandomize=True, deadline=None)
hypothesis_settings.register_profile("explore", deadline=None)
hypothesis_settings.register_profile("night", deadline=None, max_examples=1_000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS", "house"))

# The strength of a password is Django's business; a proper hash takes half a second.
QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# What children of a test are told by their environment.
OF_THE_PROCESS = ("DATABASE_URL", "SECRET_KEY", "BILLING_VAR_DIR")


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hash passwords fast: half of the companies that tests found have two people with one."""
    with override_settings(PASSWORD_HASHERS=QUICK_HASHERS):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Leave the settings alone: the database of a process is named in django_db_setup."""


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_blocker: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Give this process a copy of the template database and a VAR_DIR of its own.

    Files that are being loaded lie in VAR_DIR by their content: two databases cannot share it.
    """
    server = Server(server_url())
    name = clone_name()
    inherited = {key: os.environ.get(key) for key in OF_THE_PROCESS}
    settings.VAR_DIR = tmp_path_factory.mktemp("var")
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def take_fresh_copy(case: TransactionTestCase) -> None:
        server.clone(name)

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        server.build_template()
        server.clone(name)
        server.point_django_at(name)
        TransactionTestCase._fixture_teardown = take_fresh_copy  # type: ignore[attr-defined]
        os.environ["DATABASE_URL"] = server.url(name)
        os.environ["SECRET_KEY"] = settings.SECRET_KEY
        os.environ["BILLING_VAR_DIR"] = str(settings.VAR_DIR)
    yield
    TransactionTestCase._fixture_teardown = flush  # type: ignore[attr-defined]
    for key, value in inherited.items():
        if value is None:
            os.environ.pop(key, None)
        else:
            os.environ[key] = value
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        server.drop(name)


@pytest.fixture(scope="module")
def ground(
    django_db_setup: None, django_db_blocker: pytest.FixtureRequest
) -> Iterator[worlds.Ground]:
    """Keep the world that tests of a file stand on until the file is left."""
    ground = worlds.Ground()
    yield ground
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        ground.leave()


@pytest.fixture
def _grounded(
    request: pytest.FixtureRequest,
    ground: worlds.Ground,
    django_db_blocker: pytest.FixtureRequest,
) -> None:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        ground.stand_on(worlds.wanted(request))


@pytest.fixture
def _django_db_helper(_grounded: None, _django_db_helper: None) -> None:
    """Let pytest-django begin the transaction of a test on top of the world it stands on."""


@pytest.fixture
def database_url(db: None) -> str:
    """Return the URL of this process's database, for children that connect by themselves."""
    return os.environ["DATABASE_URL"]


@pytest.fixture(scope="session", autouse=True)
def events_as_the_page_says() -> Iterator[None]:
    """Compare every event that a test of this process records with docs/formats/events.md."""
    from tests.event_page import watched

    with watched():
        yield
