"""Who buys from Larkfield: 300 accounts, always the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

GIVEN = (
    "Ada",
    "Ben",
    "Clara",
    "Dario",
    "Elif",
    "Farid",
    "Greta",
    "Hana",
    "Ivo",
    "Jun",
    "Kemal",
    "Lena",
    "Marek",
    "Noor",
    "Olga",
    "Pilar",
    "Quentin",
    "Rosa",
    "Søren",
    "Tomás",
    "Uta",
    "Vera",
    "Wim",
    "Žofia",
)
FAMILY = (
    "Abbot",
    "Brandt",
    "Castillo",
    "Dvořák",
    "Eriksen",
    "Fontaine",
    "Grünwald",
    "Haddad",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Marchetti",
    "Novak",
    "O'Brien",
    "Petrov",
    "Quist",
    "Rossi",
    "Şahin",
    "Thorne",
    "Ueda",
    "Vasquez",
    "Weiß",
    "Young",
    "Zhang",
)
TRADES = (
    "Bakery",
    "Dental Practice",
    "Garage",
    "Law Office",
    "Design Studio",
    "Books & Records",
    "Pharmacy",
    "R&D Workshop",
    "Brewery",
    "Architects",
)
CYCLES = ("C01", "C15", "C31")
OPENING = date(2026, 8, 1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody lives and which jurisdiction taxes what is used there."""

    entity: str
    jurisdiction: str
    town: str
    region: str
    country: str
    postcode: str


PLACES = {
    "ALDER-CITY": Place("US", "ALDER-CITY", "Alder City", "Alder", "US", "10001"),
    "ALDER": Place("US", "ALDER-COUNTY", "Northfield", "Alder", "US", "10044"),
    "BIRCH": Place("US", "BIRCH", "Birchton", "Birch", "US", "20010"),
    "CEDAR": Place("US", "CEDAR", "Cedar Falls", "Cedar", "US", "30020"),
    "AVALON": Place("EU", "XA", "Avalon Stadt", "", "XA", "10115"),
    "BOREA": Place("EU", "XB", "Boreal", "", "XB", "1011"),
    "CORVIA": Place("EU", "XC", "Corvaux", "", "XC", "75001"),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """An offer somebody takes: from when, how many, and the identifier its usage carries."""

    offer: str
    start: date
    quantity: int = 1
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """One account; `parent` is a number, and a member that is no payer is billed above."""

    number: str
    name: str
    person: bool
    place: Place
    cycle: str
    taken: tuple[Taken, ...] = ()
    parent: str = ""
    payer: bool = True
    vat_id: str = ""
    exempt: bool = False
    segment: str = "HOME"


@dataclass(slots=True)
class _Maker:
    chance: random.Random
    lines: int = 0
    accounts: list[AccountPlan] = field(default_factory=list)

    def identifier(self, kind: str) -> str:
        self.lines += 1
        prefix = {"MSISDN": "15550", "LINE": "L", "TENANT": "tenant-"}[kind]
        return f"{prefix}{self.lines:06d}"

    def start(self) -> date:
        """Most were customers from the first day; a quarter join within the first six weeks."""
        if self.chance.random() < 0.75:
            return OPENING
        return OPENING + timedelta(days=self.chance.randrange(1, 43))

    def person(self) -> str:
        return f"{self.chance.choice(GIVEN)} {self.chance.choice(FAMILY)}"


def accounts(
    seed: int, households: tuple[int, int], businesses: tuple[int, int]
) -> list[AccountPlan]:
    """Every account, parents before children. The pairs count the US and the EU."""
    maker = _Maker(random.Random(seed))  # noqa: S311 (repeatable, not secret)
    for entity, homes, firms in zip(("US", "EU"), households, businesses, strict=True):
        places = [place for place in PLACES.values() if place.entity == entity]
        for index in range(homes):
            _household(maker, entity, index, places)
        for index in range(firms):
            _business(maker, entity, index, places)
    _family(maker)
    _corporation(maker)
    return maker.accounts


def _household(maker: _Maker, entity: str, index: int, places: list[Place]) -> None:
    start = maker.start()
    mobile = maker.chance.choice(("MOBILE-S", "MOBILE-M", "MOBILE-M"))
    taken = [Taken(mobile, start, 1, maker.identifier("MSISDN"))]
    if maker.chance.random() < 0.6:
        fiber = maker.chance.choice(("FIBER100", "FIBER100", "FIBER500"))
        taken.append(Taken(fiber, start, 1, maker.identifier("LINE")))
    if maker.chance.random() < 0.08:
        taken.append(Taken("DOMAIN", start))
    maker.accounts.append(
        AccountPlan(
            f"{entity}-1{index:04d}",
            maker.person(),
            True,
            maker.chance.choice(places),
            CYCLES[index % 3],
            tuple(taken),
        )
    )


def _business(maker: _Maker, entity: str, index: int, places: list[Place]) -> None:
    start = maker.start()
    seats = maker.chance.randrange(3, 70)
    taken = [Taken("SEAT", start, seats, maker.identifier("LINE"))]
    for offer in ("COMPUTE", "STORAGE", "API", "CHECKOUT"):
        if maker.chance.random() < 0.5:
            taken.append(Taken(offer, start, 1, maker.identifier("TENANT")))
    if maker.chance.random() < 0.3:
        taken.append(
            Taken("TRUNK", start, maker.chance.randrange(2, 40), maker.identifier("LINE"))
        )
    if maker.chance.random() < 0.25:
        taken.append(Taken("RACK", start, maker.chance.randrange(1, 12)))
    place = maker.chance.choice(places)
    crosses = entity == "EU" and place.jurisdiction != "XA"
    maker.accounts.append(
        AccountPlan(
            f"{entity}-5{index:04d}",
            f"{maker.chance.choice(FAMILY)} {maker.chance.choice(TRADES)}",
            False,
            place,
            CYCLES[index % 3],
            tuple(taken),
            vat_id=f"{place.country}9{index:08d}" if crosses else "",
            exempt=entity == "US" and index % 9 == 4,
            segment="BUSINESS",
        )
    )


def _family(maker: _Maker) -> None:
    """A household and the student who lives elsewhere: two accounts, one bill."""
    home, away = PLACES["ALDER-CITY"], PLACES["BIRCH"]
    maker.accounts += [
        AccountPlan(
            "US-20001",
            "Rosa Lindqvist",
            True,
            home,
            "C01",
            (
                Taken("FIBER500", OPENING, 1, maker.identifier("LINE")),
                Taken("MOBILE-M", OPENING, 1, maker.identifier("MSISDN")),
            ),
        ),
        AccountPlan(
            "US-20002",
            "Ivo Lindqvist (student)",
            True,
            away,
            "C01",
            (Taken("MOBILE-S", OPENING, 1, maker.identifier("MSISDN")),),
            parent="US-20001",
            payer=False,
        ),
    ]


def _corporation(maker: _Maker) -> None:
    """Three levels: the group pays for its regions, whose sites hold the services."""
    seat = PLACES["ALDER-CITY"]
    maker.accounts.append(
        AccountPlan(
            "US-90000",
            "Northwind Freight Group",
            False,
            seat,
            "C01",
            (Taken("TRUNK", OPENING, 24, maker.identifier("LINE")),),
            segment="CORPORATE",
        )
    )
    for number, place in enumerate(("ALDER", "BIRCH", "CEDAR"), start=1):
        region = f"US-91{number}00"
        maker.accounts.append(
            AccountPlan(
                region,
                f"Northwind Freight {PLACES[place].region} region",
                False,
                PLACES[place],
                "C01",
                parent="US-90000",
                payer=number == 3,
                segment="CORPORATE",
            )
        )
        maker.accounts.extend(_sites(maker, region, PLACES[place]))


def _sites(maker: _Maker, region: str, place: Place) -> Iterator[AccountPlan]:
    for site in range(1, 4):
        yield AccountPlan(
            f"{region[:-1]}{site}",
            f"Northwind depot {place.town} {site}",
            False,
            place,
            "C01",
            (
                Taken("SEAT", OPENING, 6 * site, maker.identifier("LINE")),
                Taken("MOBILE-M", OPENING, 1, maker.identifier("MSISDN")),
            ),
            parent=region,
            payer=False,
            segment="CORPORATE",
        )
