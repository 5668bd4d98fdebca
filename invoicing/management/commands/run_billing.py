"""Bill runs from the shell: `run_billing start --cycle C1 --as-of 2027-02-01 --workers 2`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit
from foundation import clock
from foundation.errors import Invalid
from invoicing import operations, queries
from invoicing.choices import AccountState, RunKind, RunState
from invoicing.models import BillCycle, BillRun

ACTIONS = ("start", "status", "approve", "post", "cancel", "resume")


class Command(AuditedCommand):
    """Start, look at, approve, post, cancel or resume a bill run.

    `start` bills --cycle on --as-of (by default the bill date that is due) up to its review, and
    finds the run again if there is one. Exit 3: the run is where it should be, but accounts are
    held or failed; 4: refused, with the rule.
    """

    help = "Start a bill run (up to its review), or act on one."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=ACTIONS)
        parser.add_argument("--cycle", default="", help="code of the bill cycle (start)")
        parser.add_argument("--run", type=int, help="number of the run (all but start)")
        parser.add_argument("--by", default="", metavar="LOGIN", help="who acts; default: nobody")
        parser.add_argument("--reason", default="", help="why (approve, cancel)")
        parser.add_argument("--workers", type=int, default=1, choices=(1, 2, 3, 4))
        parser.add_argument("--catch-up", action="store_true", help="bill whom the run left out")

    def work(self, **options: Any) -> Exit | None:
        actor = _person(options["by"])
        action, workers = options["action"], options["workers"]
        run = self._start(options, actor) if action == "start" else _run(options["run"])
        if action == "approve":
            operations.approve_run(run_id=run.pk, actor=actor, comment=options["reason"])
        elif action == "post":
            operations.post_run(run_id=run.pk, actor=actor)
        elif action == "cancel":
            operations.cancel_run(run_id=run.pk, actor=actor, reason=options["reason"])
        elif action == "resume":
            operations.resume_run(run_id=run.pk, actor=actor)
        if action in ("start", "post", "resume"):
            run = operations.continue_run(run_id=run.pk, workers=workers)
        return self._tell(BillRun.objects.select_related("cycle").get(pk=run.pk))

    def _start(self, options: dict[str, Any], actor: User | None) -> BillRun:
        cycle = BillCycle.objects.filter(code=options["cycle"]).first()
        if cycle is None:
            raise Invalid(f"There is no bill cycle {options['cycle']!r}.", rule="BR-3")
        day: date = options["as_of"] or queries.due_bill_date(cycle, clock.today(ZoneInfo("UTC")))
        cutoff = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
        return operations.start_run(
            cycle=cycle,
            bill_date=day,
            cutoff_at=clock.now() if options["as_of"] is None else cutoff,
            actor=actor,
            kind=RunKind.CATCH_UP if options["catch_up"] else RunKind.CYCLE,
            workers=options["workers"],
        )

    def _tell(self, run: BillRun) -> Exit:
        totals = queries.totals_by_currency(run.pk)
        self.report(
            {
                "run": run.pk,
                "cycle": run.cycle.code,
                "bill_date": run.bill_date,
                "state": run.state,
                "error": run.error,
                "totals": totals,
                "findings": {
                    f"{one.severity} {one.rule}": one.number
                    for one in queries.findings_of_run(run.pk)
                },
            }
        )
        if run.error:
            return Exit.CONTROL_REFUSED
        parked = {AccountState.HELD, AccountState.ERROR}
        if run.state != RunState.CANCELLED and any(parked & set(one) for one in totals.values()):
            return Exit.REJECTED_ROWS
        return Exit.DONE


def _run(number: int | None) -> BillRun:
    run = BillRun.objects.filter(pk=number or 0).first()
    if run is None:
        raise Invalid(f"There is no bill run {number}.", rule="BR-3")
    return run


def _person(login: str) -> User | None:
    if not login:
        return None
    user = User.objects.filter(username=login, is_active=True).first()
    if user is None:
        raise Invalid(f"There is nobody with the login {login!r}.", rule="ACTOR")
    return user
