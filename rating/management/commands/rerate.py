"""Rate again with approval: `rerate --from 2027-05-01 --to 2027-06-01 --reason "…"`, `--job 7`."""

from typing import Any

from django.core.management.base import CommandParser

from audit.commands import AuditedCommand, Exit
from catalog.models import Charge, Product
from foundation.errors import Invalid
from foundation.parsing import date_text
from rating import operations, queries
from rating.management.commands.load_usage import moment_of
from rating.models import RerateJob


class Command(AuditedCommand):
    """Open a job of any size, or perform one that was approved (RATE-2)."""

    help = "Compare usage rated again with what stands; with --job perform what was approved."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="start", metavar="DATE")
        parser.add_argument("--to", dest="end", metavar="DATE", help="exclusive")
        parser.add_argument("--charge", metavar="REFERENCE", default="")
        parser.add_argument("--product", metavar="CODE", default="")
        parser.add_argument("--account", action="append", default=[], metavar="NUMBER")
        parser.add_argument("--reason", default="")
        parser.add_argument("--job", type=int, metavar="ID")

    def work(self, **options: Any) -> Exit | None:
        at = moment_of(options["as_of"])
        if options["job"] is not None:
            job = RerateJob.objects.filter(pk=options["job"]).first()
            if job is None:
                raise Invalid(f"there is no job {options['job']}", rule="RATE-2")
            done = operations.approve_rerate(job=job, approver=None, as_of=at)
            self.report(
                {"job": job.pk, "events": done.events, "changed": done.changed,
                 "suspended": done.suspended}
            )  # fmt: skip
            return Exit.DONE
        if not options["start"] or not options["end"]:
            raise Invalid("say --from and --to, or --job", rule="RATE-2")
        numbers: list[str] = options["account"]
        job = operations.open_rerate(
            start=date_text(options["start"]),
            end=date_text(options["end"]),
            charge=_named(Charge, reference=options["charge"]),
            product=_named(Product, code=options["product"]),
            account_ids=queries.accounts_numbered(numbers) if numbers else None,
            reason=options["reason"],
            as_of=at,
            actor=None,
        )
        self.report(
            {"job": job.pk, "events": job.event_count, "changed": job.changed_count,
             "suspended": job.suspended_count, "accounts": job.changes.count()}
        )  # fmt: skip
        return Exit.DONE


def _named(model: Any, **name: str) -> Any:
    """Return the row of a name; nothing where none was given."""
    ((field, text),) = name.items()
    if not text:
        return None
    found = model.objects.filter(**name).first()
    if found is None:
        raise Invalid(f"there is no {model._meta.verbose_name} {text!r}", rule=field.upper())
    return found
