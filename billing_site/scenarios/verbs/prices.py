"""Verbs of prices: listed ones and agreed ones."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import customers.operations
from billing_site.demo import shelf
from billing_site.scenarios import setting, words
from billing_site.scenarios.stage import Scene
from billing_site.scenarios.verbs.registry import verb


@verb("price.publish")
def publish(
    scene: Scene,
    *,
    charge: str,
    from_: date | None = None,
    until: date | None = None,
    currency: str = "",
    price: str | None = None,
    flat: str | None = None,
    percent: str | None = None,
    included: str | None = None,
    package: str | None = None,
    minimum: str | None = None,
    maximum: str | None = None,
    tiers: tuple[words.Tier, ...] = (),
) -> None:
    """Publish a new price of a charge OFFER.CHARGE, valid from a day on."""
    amounts = words.Amounts(
        currency, price, flat, percent, included, package, minimum, maximum, tiers
    )
    draft = shelf.draft_price(
        scene.charge(charge),
        currency or scene.currency,
        setting.price(amounts),
        scene.cast,
        starts=from_ or scene.day,
        ends=until,
    )
    shelf.publish_price(draft, scene.cast, on_date=scene.day)


@verb("offer.publish")
def publish_offer(
    scene: Scene,
    *,
    offer: str,
    charges: dict[str, words.Charge],
    from_: date | None = None,
) -> None:
    """Publish the next version of an offer; whoever has the one before keeps it."""
    starts = from_ or scene.day
    before = scene.version(offer)
    scene.versions[offer] = setting.put_up_next(
        scene.stage, before, words.Offer(charges), scene.currency, starts
    )


@verb("offer.migrate")
def migrate(scene: Scene, *, offer: str, effective: date) -> None:
    """Move all who have the version of an offer before the last to the last, from a day on."""
    target = scene.version(offer)
    customers.operations.migrate(
        source=target.offer.versions.get(number=target.number - 1),
        target=target,
        on_date=effective,
        as_of=scene.day,
        actor=None,
    )


@verb("contract.sign")
def sign(
    scene: Scene,
    *,
    account: str,
    as_: str,
    from_: date | None = None,
    until: date | None = None,
    prices: dict[str, Decimal] | None = None,
    percent_off: dict[str, Decimal] | None = None,
) -> None:
    """Agree prices by charge OFFER.CHARGE, or fractions off them, for a node and all below."""
    owner = scene.account(account)
    contract = customers.operations.draft_contract(
        account=owner, valid_from=from_ or scene.day, valid_to=until, actor=None
    )
    for unit_prices, agreed in ((True, prices or {}), (False, percent_off or {})):
        for name, value in agreed.items():
            customers.operations.set_contract_price(
                contract=contract,
                currency=owner.currency,
                charge=scene.charge(name),
                unit_price=value if unit_prices else None,
                percent_off=None if unit_prices else value,
                actor=None,
            )
    scene.contracts[as_] = customers.operations.sign_contract(
        contract=contract, signed_on=scene.day, actor=None
    )


@verb("contract.terminate")
def terminate(scene: Scene, *, contract: str, effective: date | None = None) -> None:
    """End a contract: its prices hold up to the day before."""
    customers.operations.terminate_contract(
        contract=scene.contract(contract), on_date=effective or scene.day, actor=None
    )
