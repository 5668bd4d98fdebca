"""`make bench` finds every benchmark, refuses a name it does not know, and keeps figures."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.__main__ import names, options
from benchmarks.figures import Figure, keep


def test_without_a_name_all_are_measured() -> None:
    assert options([]).names == names()
    assert {"bill_run", "usage", "pages"} <= set(names())


def test_names_and_a_scale_are_taken() -> None:
    asked = options(["pdf", "usage", "--scale", "0.1"])
    assert (asked.names, asked.scale) == (["pdf", "usage"], 0.1)


def test_an_unknown_name_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as end:
        options(["pfd"])
    assert end.value.code == 2
    assert "no benchmark pfd; there are ageing" in capsys.readouterr().err


@pytest.mark.parametrize("name", names())
def test_every_benchmark_can_be_run(name: str) -> None:
    assert callable(import_module(f"benchmarks.{name}").run)


def test_a_figure_takes_the_place_of_its_earlier_one_and_of_no_other(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    keep([Figure("a.ms", 5, "ms"), Figure("b.ms", 7, "ms")], path)
    keep([Figure("a.ms", 4, "ms", baseline="plain", ratio=2.0, spread=0.1)], path)
    kept = json.loads(path.read_text())
    assert [(name, one["value"]) for name, one in kept.items()] == [("a.ms", 4), ("b.ms", 7)]
    assert kept["a.ms"]["baseline"] == "plain"
