"""The launcher of the embedded server, tried where such launchers break."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from billing_site import devdb
from tests.architecture.house import ROOT

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[devdb.Cluster]:
    cluster = devdb.Cluster(tmp_path_factory.mktemp("pg") / "pg", durable=True)
    cluster.ensure()
    yield cluster
    cluster.stop()
    shutil.rmtree(cluster.root, ignore_errors=True)


def kill_server(cluster: devdb.Cluster) -> None:
    pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
    family = [psutil.Process(pid), *psutil.Process(pid).children()]
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs(family, timeout=10)


def test_a_killed_server_comes_back_with_its_rows(cluster: devdb.Cluster) -> None:
    with psycopg.connect(cluster.ensure(), autocommit=True) as connection:
        connection.execute("create table kept as select generate_series(1, 1000) as n")
    kill_server(cluster)
    assert not cluster.is_ready()
    with psycopg.connect(cluster.ensure(), autocommit=True) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (1000,)
        connection.execute("drop table kept")


def test_a_stale_lock_that_names_a_stranger_is_seen_through(cluster: devdb.Cluster) -> None:
    """After a reboot the number in postmaster.pid may belong to any process, here to ours."""
    kill_server(cluster)
    lock = cluster.data / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    cluster.ensure()
    assert cluster.is_ready()


def test_six_that_start_at_once_get_one_server(cluster: devdb.Cluster) -> None:
    cluster.stop()
    program = (
        "import sys; from pathlib import Path; from billing_site import devdb;"
        "devdb.Cluster(Path(sys.argv[1])).ensure()"
    )
    starters = [
        subprocess.Popen([sys.executable, "-c", program, str(cluster.base)], cwd=ROOT)
        for _ in range(6)
    ]
    assert [starter.wait(90) for starter in starters] == [0] * 6
    leaders = [
        process
        for process in psutil.process_iter()
        if str(cluster.data) in _command_line(process) and "-D" in _command_line(process)
    ]
    assert len(leaders) == 1


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_stopping_twice_is_harmless(cluster: devdb.Cluster) -> None:
    assert cluster.stop() is True
    assert cluster.stop() is False


def test_data_of_another_version_is_refused_with_a_sentence(cluster: devdb.Cluster) -> None:
    cluster.stop()
    version = cluster.data / "PG_VERSION"
    true_version = version.read_text()
    version.write_text("14\n")
    try:
        with pytest.raises(devdb.DatabaseUnavailable, match="is of PostgreSQL 14, installed is"):
            cluster.ensure()
    finally:
        version.write_text(true_version)


def test_a_server_that_cannot_start_shows_its_log(cluster: devdb.Cluster) -> None:
    cluster.stop()
    configuration = cluster.data / "postgresql.conf"
    good = configuration.read_text()
    configuration.write_text(good + "no_such_setting = 1\n")
    began = time.monotonic()
    try:
        with pytest.raises(devdb.DatabaseUnavailable, match="no_such_setting"):
            cluster.ensure()
    finally:
        configuration.write_text(good)
    assert time.monotonic() - began < 20


def test_damaged_data_of_a_test_server_is_made_anew(tmp_path: Path) -> None:
    cluster = devdb.Cluster(tmp_path / "pg", durable=False)
    try:
        cluster.ensure()
        cluster.stop()
        (cluster.data / "global" / "pg_control").write_bytes(b"damaged")
        cluster.ensure()
        assert cluster.is_ready()
    finally:
        cluster.stop()
        shutil.rmtree(cluster.root, ignore_errors=True)


def test_a_full_disk_is_named(cluster: devdb.Cluster) -> None:
    cluster.stop()
    configuration = cluster.data / "postgresql.conf"
    good = configuration.read_text()
    configuration.write_text(good + "no_such_setting = 'No space left on device'\n")
    cluster.log.unlink()
    cluster.log.write_text("could not write file: No space left on device\n")
    try:
        with pytest.raises(devdb.DiskFull, match="free some space"):
            cluster.ensure()
    finally:
        configuration.write_text(good)
        cluster.log.unlink()


def test_a_long_folder_still_gets_a_short_socket(tmp_path: Path) -> None:
    cluster = devdb.Cluster(tmp_path.joinpath(*["a-rather-long-name"] * 6))
    assert len(str(cluster.socket_folder)) <= devdb.LONGEST_SOCKET_FOLDER
