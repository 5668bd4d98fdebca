"""Commands: the same options, exit codes and report for all of them; permissions; statements."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.core.management import CommandError, call_command
from django.db import connection

from audit import operations
from audit.commands import AuditedCommand
from audit.models import Change, ReasonCode
from foundation import clock, integrity, permissions, sql
from foundation.commands import Exit
from foundation.errors import Busy, Forbidden, Invalid, Refusal
from foundation.parsing import date_text

pytestmark = pytest.mark.django_db


class Sample(AuditedCommand):
    """Write one row, or refuse to."""

    outcome: Any = None

    def work(self, **options: Any) -> Exit | None:
        ReasonCode.objects.create(domain="D", code="C", text="made")
        self.progress(1, 2, "codes")
        if isinstance(self.outcome, Exception):
            raise self.outcome
        if options["as_of"] == date(2027, 1, 1):
            date_text("nonsense")
        self.report({"made": 1, "amount": Decimal("1.50"), "on": options["as_of"]})
        return self.outcome


def run(outcome: Any = None, *arguments: str) -> tuple[int, str, str]:
    command, out, err = Sample(), io.StringIO(), io.StringIO()
    command.outcome = outcome
    try:
        call_command(command, *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_a_command_reports_to_people_and_to_programs():
    code, out, _ = run(None, "--as-of", "2027-05-01")
    assert code == Exit.DONE
    assert out == "made    1\namount  1.50\non      2027-05-01\n"
    ReasonCode.objects.filter(domain="D").delete()
    code, out, _ = run(Exit.REJECTED_ROWS, "--json")
    assert code == Exit.REJECTED_ROWS
    assert json.loads(out) == {"made": 1, "amount": "1.50", "on": None}


def test_what_a_command_changes_is_recorded_as_its_doing():
    run()
    assert Change.objects.latest("pk").via == "command:test_commands"


def test_a_dry_run_does_everything_and_leaves_nothing():
    code, out, _ = run(None, "--dry-run")
    assert (code, "made    1" in out) == (0, True)
    assert not ReasonCode.objects.filter(domain="D").exists()


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Refusal("not now", rule="X-1"), Exit.CONTROL_REFUSED),
        (Forbidden("not you"), Exit.CONTROL_REFUSED),
        (Invalid("no such thing"), Exit.USAGE),
        (Busy("wait"), Exit.LOCKED),
    ],
)
def test_a_refusal_is_one_sentence_and_an_exit_code(refusal: Refusal, code: Exit):
    status, out, err = run(refusal)
    assert (status, out) == (code, "")
    assert refusal.message in err
    ReasonCode.objects.filter(domain="D").delete()
    status, out, _ = run(refusal, "--json")
    assert json.loads(out) == {"refused": refusal.message, "rule": refusal.rule}


def test_bad_values_are_usage():
    assert run(None, "--as-of", "2027-01-01")[0] == Exit.USAGE
    with pytest.raises(CommandError, match="not in the calendar"):
        run(None, "--as-of", "2027-02-30")


def test_a_guard_of_the_database_is_a_refusal():
    ReasonCode.objects.create(domain="D", code="C", text="there already")
    code, _, err = run()
    assert code == Exit.CONTROL_REFUSED
    assert "audit_reasoncode_is_unique" in err


def test_permissions_are_asked_of_people_and_not_of_the_engine():
    person = User.objects.create_user("person")
    permissions.require(permissions.SYSTEM, "audit.approve_request")
    with pytest.raises(Forbidden, match=r"audit\.approve_request"):
        permissions.require(person, "audit.approve_request")
    with pytest.raises(Forbidden):
        permissions.require(AnonymousUser(), "audit.approve_request")
    person.user_permissions.add(Permission.objects.get(codename="approve_request"))
    person = User.objects.get(pk=person.pk)
    permissions.require(person, "audit.approve_request")
    assert not permissions.may(person, "audit.approve_request", "audit.add_apikey")
    person.is_active = False
    assert not permissions.may(person, "audit.approve_request")


def test_a_statement_file_runs_with_its_binds_and_says_what_it_is():
    assert sql.statement("audit", "seal_digest").startswith("-- Purpose:")
    with connection.cursor() as cursor:
        sql.run(cursor, "audit", "seal_digest", previous="", first=0, last=0)
        assert cursor.fetchone()[0] == 0
    with pytest.raises(FileNotFoundError):
        sql.statement("audit", "no_such_statement")


def test_checks_keep_the_first_findings_of_a_broken_book():
    many = [integrity.Finding("I-0", str(n), "wrong") for n in range(1000)]
    broken, fine = integrity.run_checks(
        [integrity.Check("I-0", "x", lambda: many), integrity.Check("I-1", "y", list)]
    )
    assert not broken.is_green
    assert len(broken.findings) == integrity.MOST_FINDINGS
    assert fine.is_green


def test_today_depends_on_the_zone():
    assert clock.now().tzinfo is not None
    zone = ZoneInfo("Pacific/Kiritimati")
    assert clock.today(zone) == datetime.now(tz=zone).date()


def test_events_of_many_subjects_are_recorded_in_order():
    code = ReasonCode.objects.create(domain="D", code="C", text="x")
    happenings = [
        operations.Happening("reason.seen", "audit.reasoncode", code.pk, {"n": n})
        for n in range(3)
    ]
    assert operations.record_events(happenings) == 3
