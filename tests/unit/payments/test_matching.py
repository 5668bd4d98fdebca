"""PAY-10 and ISO 11649 by worked examples."""

from __future__ import annotations

from decimal import Decimal

from payments.rules.matching import (
    Book,
    Clues,
    creditor_reference,
    creditor_references,
    match,
    squeezed_documents,
    tokens,
)

D = Decimal
BOOK = Book(
    payers={"A-1": 1},
    documents={"INV-7": 7, "INV-8": 8},
    squeezed={"INV7": 7},
    amounts={D("50.00"): frozenset({5}), D("60.00"): frozenset({6, 7})},
)


def clues(payer: str = "", *documents: str, reference: str = "", amount: str = "1") -> Clues:
    return Clues(payer, documents, reference, D(amount))


def test_the_surest_basis_wins() -> None:
    found = match(clues("A-1", "INV-7", amount="50.00"), BOOK)
    assert (found.payer_id, found.basis, found.confidence) == (1, "PAYER", 100)
    assert match(clues("", "INV-7", reference="INV-8"), BOOK).payer_id == 7


def test_an_unknown_payer_leaves_the_other_clues() -> None:
    assert match(clues("A-9", "INV-8"), BOOK).payer_id == 8


def test_a_lone_amount_is_only_a_guess() -> None:
    found = match(clues(amount="50.00"), BOOK)
    assert (found.payer_id, found.is_certain) == (5, False)
    assert match(clues(amount="60.00"), BOOK).payer_id is None


def test_documents_of_two_payers_name_nobody() -> None:
    found = match(clues("", "INV-7", "INV-8", amount="50.00"), BOOK)
    assert (found.payer_id, found.basis) == (None, "NONE")


def test_iso_11649_example() -> None:
    """Source: ISO 11649, the reference RF18 5390 0754 7034 is valid."""
    assert creditor_references("RF18 5390 0754 7034") == ("539007547034",)
    assert creditor_references("paid rf18539007547034 thanks") == ("539007547034",)
    assert creditor_references("RF19539007547034") == ()
    assert creditor_reference("539007547034") == "RF18539007547034"


def test_document_numbers_are_cut_out_of_free_text() -> None:
    assert tokens("Thanks for inv-7, EU-2027-000001!") == (
        "THANKS",
        "INV-7",
        "EU-2027-000001",
    )


def test_two_numbers_that_look_alike_belong_to_nobody() -> None:
    assert squeezed_documents([("A-1", 1), ("A1", 2), ("B-1", 3), ("B1", 3)]) == {"B1": 3}
