"""Open the accounts and order what they take."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.contrib.auth.models import User

import customers.operations
from billing_site.demo.cast import Cast
from billing_site.demo.offers import OFFERS
from billing_site.demo.people import OPENING, AccountPlan, Taken
from billing_site.demo.places import SINCE, Entities
from catalog.models import OfferVersion
from customers.choices import AccountRole, CustomerKind
from customers.models import Account, Order
from customers.operations import AddressInput, IdentifierInput, ItemInput
from tax.models import Jurisdiction

IDENTIFIERS = {offer.code: offer.identifier for offer in OFFERS}
STREETS = ("Alder Lane", "Birch Road", "Canal Street", "Depot Way", "Elm Court", "Foundry Row")
CYCLE_DAYS = {"C01": 1, "C15": 15, "C31": 31}


def order(account: Account, items: Sequence[ItemInput], *, day: date, actor: User | None) -> Order:
    """Order on a day, for that or another day, and have it carried out at once."""
    return customers.operations.place_order(
        account=account, items=items, requested_on=day, submit_as_of=day, actor=actor
    )


class Front:
    """The front office: knows the offers on sale and the places by code."""

    def __init__(self, entities: Entities, cast: Cast) -> None:
        """Look up once what every order needs."""
        self.entities = entities
        self.cast = cast
        self.places = {place.code: place for place in Jurisdiction.objects.all()}
        self.versions = {
            version.offer.code: version for version in OfferVersion.objects.select_related("offer")
        }

    def open(self, plan: AccountPlan) -> Account:
        """Open one account with its customer, addresses and first order."""
        address = self._address(plan)
        customer = customers.operations.create_customer(
            legal_name=plan.name,
            kind=CustomerKind.PERSON if plan.person else CustomerKind.ORG,
            number=f"K-{plan.number}",
            segment=plan.segment,
            vat_id=plan.vat_id,
            actor=self.cast.care,
        )
        account = customers.operations.open_account(
            customer=customer,
            name=plan.name,
            opened_on=OPENING,
            entity=self.entities.of(plan.place.entity),
            parent=Account.objects.get(number=plan.parent) if plan.parent else None,
            role=AccountRole.PAYER if plan.payer else AccountRole.NON_PAYER,
            number=plan.number,
            cycle_code=plan.cycle,
            cycle_day=CYCLE_DAYS[plan.cycle],
            billing_address=address,
            service_address=address,
            actor=self.cast.care,
        )
        if plan.vat_id:
            customers.operations.record_vat_id_check(
                customer=customer,
                checked_on=OPENING,
                is_valid=not plan.vat_id.endswith("3"),
                source="demo",
                actor=self.cast.care,
            )
        if plan.exempt:
            self._exempt(account)
        if plan.taken:
            self._order(account, plan.taken)
        return account

    def _address(self, plan: AccountPlan) -> AddressInput:
        number = int("".join(filter(str.isdigit, plan.number)))
        return AddressInput(
            line1=f"{number % 90 + 1} {STREETS[number % len(STREETS)]}",
            town=plan.place.town,
            postcode=plan.place.postcode,
            region=plan.place.region,
            country=plan.place.country,
            jurisdiction=self.places[plan.place.jurisdiction],
        )

    def _order(self, account: Account, taken: Sequence[Taken]) -> None:
        for start in sorted({one.start for one in taken}):
            items = [self.add(one) for one in taken if one.start == start]
            order(account, items, day=start, actor=self.cast.care)

    def add(self, taken: Taken) -> ItemInput:
        """Say in the order's words what somebody takes."""
        identifier = IDENTIFIERS[taken.offer]
        return ItemInput(
            action="ADD",
            offer_version=self.versions[taken.offer],
            quantity=Decimal(taken.quantity),
            effective_on=taken.start,
            identifiers=[IdentifierInput(identifier, taken.identifier)] if identifier else [],
        )

    def _exempt(self, account: Account) -> None:
        certificate = customers.operations.draft_certificate(
            account=account,
            number=f"EX-{account.number}",
            jurisdiction=self.places["US"],
            valid_from=SINCE,
            valid_to=date(2026, 10, 1),
            actor=self.cast.care,
        )
        customers.operations.request_certificate(certificate=certificate, requester=self.cast.care)
        customers.operations.approve_certificate(
            certificate=certificate, approver=self.cast.approver
        )
