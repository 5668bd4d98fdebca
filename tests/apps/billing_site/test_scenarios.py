"""The runner of scenarios: it tells what is wrong with a file, and figures that are not right."""

from __future__ import annotations

import json
from contextlib import nullcontext
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from billing_site import throwaway
from billing_site.scenarios import listing, loading, playing, writing
from billing_site.scenarios.reading import BadFile
from billing_site.scenarios.stage import Stage, set_stage
from billing_site.scenarios.verbs import VERBS
from catalog.choices import ChangePolicy, InPolicy, OutPolicy, ProrationConvention
from tests.worlds import standing

GOOD = Path("scenarios/proration/start-in-mid-month.yaml")

stage_world = standing("stage_world", set_stage)


def changed(folder: Path, old: str, new: str) -> Path:
    """Write the good scenario with one thing changed."""
    text = GOOD.read_text()
    assert old in text
    path = folder / "changed.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "word"),
    [
        ("offer: FIBER, as", "ofer: FIBER, as", 10, "steps[1].ofer", "did you mean offer?"),
        ("do: bill.run", "do: bill.walk", 11, "steps[2].do", "is not a verb"),
        ("2027-05-01, do: bill", "2027-02-30, do: bill", 11, "steps[2].at", "not in the calendar"),
        ("2027-05-01, do: bill", "2027-04-01, do: bill", 11, "steps[2].at", "before the step"),
        ("net: 15.00", "net: fifteen", 17, "expect.documents[1].lines[1].net", "not a number"),
        ("total: 53.55", "sum: 53.55", 21, "expect.documents[1].sum", "is not known"),
        ("why:", "because:", 2, "because", "is not known"),
        ("ada: {}", "ada: {cycle: 1, cycle: 2}", 8, "setup.accounts.ada.cycle", "given twice"),
        ("rules: [PER-6, PER-8, PRO-1]", "rules: PER-6", 3, "rules", "must be a list"),
        ("title: A", "title: [A", 2, "file", "expected"),
    ],
)
def test_a_bad_file_is_told_by_line_and_key(
    tmp_path: Path, old: str, new: str, line: int, key: str, word: str
) -> None:
    with pytest.raises(BadFile) as refused:
        loading.load(changed(tmp_path, old, new))
    told = [one for one in refused.value.problems if one.key == key]
    assert told, [str(one) for one in refused.value.problems]
    assert told[0].line == line
    assert word in told[0].message


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    path = changed(tmp_path, "account: ada, offer: FIBER", "acount: ada, offr: FIBER")
    with pytest.raises(BadFile) as refused:
        loading.load(path)
    assert len(refused.value.problems) == 4  # two unknown, two missing


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("net: 15.00", "net: 15.01", "line expected {charge: FIBER.FEE, from: 2027-04-16"),
        ("to: 2027-04-30", "to: 2027-04-29", "line expected"),
        ("total: 53.55", "total: 53.56", "total expected 53.56, found 53.55"),
        ("owed: {ada: 53.55}", "owed: {ada: 1.00}", "owed ada: expected 1.00, found 53.55"),
        ('"2400": -45.00', '"2400": -44.00', "journal 2400: expected -44.00, found -45.00"),
        ("date: 2027-05-01", "date: 2027-06-01", "expected with a total of 53.55, not issued"),
        ("do: bill.run}", "do: bill.run, refused: BR-3}", "was to be refused (BR-3), and was not"),
        ("offer: FIBER, as", "offer: COPPER, as", "there is no offer COPPER"),
        ("price: 30.00", "price: 30.00, alignment: MOON", "alignment"),
        ("price: 30.00", "price: 30.00, moon: FULL", "a charge has no moon"),
    ],
)
def test_a_wrong_figure_is_told(
    tmp_path: Path, stage_world: Stage, old: str, new: str, told: str
) -> None:
    outcome = playing.play(stage_world, loading.load(changed(tmp_path, old, new)))
    assert not outcome.is_as_expected
    assert told in "\n".join(outcome.differences)


@pytest.mark.django_db
def test_a_line_left_out_is_told(tmp_path: Path, stage_world: Stage) -> None:
    line = "        - {charge: FIBER.FEE, from: 2027-05-01, to: 2027-05-31, net: 30.00}\n"
    outcome = playing.play(stage_world, loading.load(changed(tmp_path, line, "")))
    assert "line not expected: {charge: FIBER.FEE" in "\n".join(outcome.differences)


@pytest.mark.django_db
def test_what_is_shown_is_what_a_file_may_expect(tmp_path: Path, stage_world: Stage) -> None:
    scenario = loading.load(GOOD)
    found = playing.play(stage_world, scenario).found
    assert found is not None
    head = GOOD.read_text().split("expect:")[0]
    path = tmp_path / "shown.yaml"
    path.write_text(head + writing.expect_text(found))
    assert playing.play(stage_world, loading.load(path)).differences == []


@pytest.mark.django_db
def test_the_command_says_by_its_exit_code_how_it_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throwaway, "throwaway_database", nullcontext)
    out, err = StringIO(), StringIO()

    def run(*arguments: str) -> int:
        try:
            call_command("run_scenario", *arguments, stdout=out, stderr=err)
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    assert run(str(GOOD), "--json") == 0
    assert json.loads(out.getvalue())["differ"] == 0
    wrong = changed(tmp_path, "net: 15.00", "net: 15.01")
    assert run(str(wrong), "--no-progress") == 4
    assert "DIFFERS" in out.getvalue()
    assert run(str(changed(tmp_path, "why:", "because:")), "--no-progress") == 2
    assert "because: is not known here" in err.getvalue()
    assert run(str(tmp_path / "none.yaml")) == 2


def test_the_page_of_scenarios_is_up_to_date() -> None:
    scenarios = [loading.load(path) for path in loading.files([Path("scenarios")])]
    page = Path("docs/scenarios.md").read_text()
    assert page == listing.page(scenarios), (
        "run: manage.py run_scenario --index >docs/scenarios.md"
    )


def test_every_scenario_names_rules_and_says_why() -> None:
    for path in loading.files([Path("scenarios")]):
        scenario = loading.load(path)
        assert scenario.rules, path
        assert len(scenario.why.split()) >= 8, path
        assert scenario.expect.documents is not None, path


def test_every_verb_stands_in_the_description_of_the_format() -> None:
    page = Path("docs/formats/scenarios.md").read_text()
    assert [name for name in VERBS if f"| `{name}` |" not in page] == []


def test_every_convention_of_proration_is_shown_by_a_scenario() -> None:
    """PRO-1, PRO-2: whatever a charge can say about parts of a period reaches the bill."""
    shown = "".join(path.read_text() for path in loading.files([Path("scenarios")]))
    words = {
        "proration": set(ProrationConvention.values) - {"ACTUAL_DAYS"},  # what is not said
        "in_policy": set(InPolicy.values) - {"PRORATE"},
        "out_policy": set(OutPolicy.values) - {"PRORATE"},
        "change_policy": set(ChangePolicy.values) - {"PRORATE"},
    }
    missing = [
        f"{key}: {word}"
        for key, values in words.items()
        for word in sorted(values)
        if f"{key}: {word}" not in shown
    ]
    assert missing == []
