"""The fixed words of a printed document, by language of the account."""

ENGLISH = {
    "description": "Description",
    "period": "Service period",
    "quantity": "Quantity",
    "unit_price": "Unit price",
    "amount": "Amount",
    "continued": "continued",
    "page": "Page {page} of {pages}",
    "tax_summary": "Tax summary",
    "tax": "Tax",
    "category": "Category",
    "rate": "Rate",
    "basis": "Taxable amount",
    "remittance": "Remittance advice: please return with your payment or quote the reference",
}
GERMAN = {
    "description": "Leistung",
    "period": "Leistungszeitraum",
    "quantity": "Menge",
    "unit_price": "Einzelpreis",
    "amount": "Betrag",
    "continued": "Fortsetzung",
    "page": "Seite {page} von {pages}",
    "tax_summary": "Steuerübersicht",
    "tax": "Steuer",
    "category": "Kategorie",
    "rate": "Satz",
    "basis": "Bemessungsgrundlage",
    "remittance": "Zahlungsabschnitt: bitte bei der Zahlung den Verwendungszweck angeben",
}


def words(language: str) -> dict[str, str]:
    """Words of `language`; English where a language has none of its own."""
    return GERMAN if language.lower().startswith("de") else ENGLISH
