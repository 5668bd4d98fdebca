"""Tell the story: every part told is marked, so that a second telling goes on from there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

import audit.operations
from audit.choices import JobState
from audit.models import JobRun
from billing_site.demo import (
    bundles,
    cast,
    clients,
    deals,
    metered,
    months,
    people,
    places,
    prepaid,
    shelf,
    usage_files,
)
from foundation.errors import Busy
from ledger.models import LegalEntity

NAME = "seed_demo"
Say = Callable[[int, int, str], None]


class AlreadySeeding(Busy):
    """Another process tells the story at this moment."""

    rule = "SEEDING"


@dataclass(frozen=True, slots=True)
class Size:
    """How large the company is: households and businesses (US, EU), weeks and rows of usage."""

    households: tuple[int, int]
    businesses: tuple[int, int]
    weeks: int
    events: int
    runs: int


SIZES = {
    "small": Size((162, 88), (20, 15), 14, 50_000, len(months.RUNS)),
    "tiny": Size((8, 5), (3, 2), 5, 900, 3),
}


def seed(*, size: str, number: int, password: str, now: datetime, say: Say) -> None:
    """Fill the company of `size`; what an earlier call did is left as it is.

    The story has its own days; only the usage of yesterday is told of the day before `now`.

    Raises: AlreadySeeding; whatever an operation refuses.
    """
    with _alone():
        for job in JobRun.objects.filter(name__startswith=NAME, state=JobState.RUNNING):
            audit.operations.fail_job(job, error="the process ended before the step did")
        teller = _Teller(size, number, say)
        people_of_the_story = cast.gather(password)
        teller.tell("entities and tax", lambda: places.tax_tables(places.found()))
        entities = places.Entities(
            us=LegalEntity.objects.get(code="US"), eu=LegalEntity.objects.get(code="EU")
        )
        teller.tell("offers and prices", lambda: shelf.fill(people_of_the_story))
        teller.tell("cycles and sources", months.cycles_and_sources)
        front = clients.Front(entities, people_of_the_story)
        teller.accounts(front)
        teller.tell("discounts and promises", lambda: deals.strike(people_of_the_story))
        teller.months(front, now)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [NAME])
        if not cursor.fetchone()[0]:
            raise AlreadySeeding("another seed_demo is running on this database")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [NAME])


class _Teller:
    """Do each part once: a part and its mark are committed together where the part allows it."""

    def __init__(self, size: str, number: int, say: Say) -> None:
        self.size = SIZES[size]
        self.number = number
        self.say = say
        self.facts = {"size": size, "seed": number}
        self.done = set(
            JobRun.objects.filter(name=NAME, state=JobState.DONE).values_list(
                "params__step", flat=True
            )
        )
        self.plans = people.accounts(number, self.size.households, self.size.businesses)

    def tell(self, step: str, act: Callable[[], None], *, whole: bool = True) -> None:
        if step in self.done:
            return
        job = audit.operations.start_job(
            name=NAME, params={**self.facts, "step": step}, most_tries=1000
        )
        if whole:
            with transaction.atomic(), audit.operations.context(actor=None, via=f"command:{NAME}"):
                act()
                audit.operations.finish_job(job)
        else:
            with audit.operations.context(actor=None, via=f"command:{NAME}"):
                act()
            audit.operations.finish_job(job)
        self.done.add(step)

    def accounts(self, front: clients.Front) -> None:
        """Open the accounts, twenty at a time."""
        for first in range(0, len(self.plans), 20):
            some = self.plans[first : first + 20]

            def act(some: list[people.AccountPlan] = some) -> None:
                for plan in some:
                    front.open(plan)

            self.say(first, len(self.plans), "accounts opened")
            self.tell(f"accounts from {first}", act)
        self.say(len(self.plans), len(self.plans), "accounts opened")

    def months(self, front: clients.Front, now: datetime) -> None:
        """Let the months pass, act by act."""
        files = usage_files.files(
            self.number, self.plans, weeks=self.size.weeks, events=self.size.events
        )
        runs = months.RUNS[: self.size.runs]
        story = [
            *months.acts(front, self.plans, files, self.number, runs),
            *prepaid.acts(front, runs),
            *bundles.acts(front),
            *metered.acts(front, now),
        ]
        story.sort(key=lambda act: (act.day, act.key))
        for index, act in enumerate(story):
            self.say(index, len(story), f"{act.day} {act.key[2:]}")
            self.tell(f"{act.day} {act.key}", act.do, whole=act.whole)
        self.say(len(story), len(story), "three months told")
