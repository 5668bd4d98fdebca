"""Settings refuse what must not go into production."""

import os
import subprocess
import sys

import pytest

from billing_site import devdb
from tests.architecture.house import ROOT

SERVER = "postgresql://clerk:p%40ss@db.example:6432/billing?sslmode=require"


def load(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "-c", "import billing_site.settings as s; print(s.DEBUG, s.BEHIND_TLS)"],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_clone_without_any_variable_is_a_development_installation() -> None:
    assert load().stdout.split() == ["True", "False"]


def test_a_named_database_means_production() -> None:
    assert load(DATABASE_URL=SERVER, SECRET_KEY="long and random").stdout.split() == [
        "False",
        "True",
    ]


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DATABASE_URL": SERVER}, "Set SECRET_KEY"),
        ({"DEBUG": "false", "SECRET_KEY": "x"}, "embedded server is for development only"),
        ({"DATABASE_URL": "mysql://x/y", "SECRET_KEY": "x"}, "must begin with postgresql://"),
    ],
)
def test_what_must_not_run_is_refused_with_a_sentence(
    environment: dict[str, str], sentence: str
) -> None:
    done = load(**environment)
    assert done.returncode != 0
    assert sentence in done.stderr


def test_every_part_of_a_database_url_arrives() -> None:
    assert devdb.connection_settings(SERVER) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "billing",
        "USER": "clerk",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_socket_folder_is_the_host() -> None:
    entry = devdb.connection_settings("postgresql://billing@/billing?host=%2Fvar%2Frun%2Fpg")
    assert (entry["HOST"], entry["PORT"], entry["OPTIONS"]) == ("/var/run/pg", "", {})
