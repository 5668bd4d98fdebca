"""The enumerations of tax."""

from django.db.models import TextChoices


class Level(TextChoices):
    """The levels of the jurisdiction tree, from the country down."""

    COUNTRY = "COUNTRY", "Country"
    STATE = "STATE", "State"
    COUNTY = "COUNTY", "County"
    CITY = "CITY", "City"
    DISTRICT = "DISTRICT", "District"


class DateBasis(TextChoices):
    """Which date's rates apply (TAX-1)."""

    INVOICE_DATE = "INVOICE_DATE", "Invoice date"
    PERIOD_START = "PERIOD_START", "First day of the period"
    PERIOD_END = "PERIOD_END", "Last day of the period"
    SPLIT_BY_DAYS = "SPLIT_BY_DAYS", "Split by days"


class Nature(TextChoices):
    """What is sold, for tax."""

    GOOD = "GOOD", "Good"
    SERVICE = "SERVICE", "Service"
    TELECOM = "TELECOM", "Telecommunication"
    ELECTRONIC = "ELECTRONIC", "Electronic service"
    FEE = "FEE", "Fee"
    DEPOSIT = "DEPOSIT", "Deposit"
    OUT_OF_SCOPE = "OUT_OF_SCOPE", "Out of scope"


class Sourcing(TextChoices):
    """Which place taxes the category (TAX-3)."""

    SERVICE_ADDRESS = "SERVICE_ADDRESS", "Service address"
    BILL_TO = "BILL_TO", "Billing address"
    SHIP_TO = "SHIP_TO", "Delivery address"
    ORIGIN = "ORIGIN", "Seller's place"
    CALL_POINTS = "CALL_POINTS", "Two of three call points"
    CUSTOMER_ESTABLISHMENT = "CUSTOMER_ESTABLISHMENT", "Customer's establishment"
    CONSUMER_LOCATION = "CONSUMER_LOCATION", "Consumer's place"


class CustomerKind(TextChoices):
    """Who buys, for tax; ANY is the rule for everybody else."""

    ANY = "*", "Anybody"
    CONSUMER = "CONSUMER", "Consumer"
    BUSINESS = "BUSINESS", "Business"
    GOVERNMENT = "GOVERNMENT", "Public body"
    RESELLER = "RESELLER", "Reseller"


class Treatment(TextChoices):
    """How a jurisdiction treats a sale (TAX-5)."""

    TAXABLE = "TAXABLE", "Taxable"
    EXEMPT = "EXEMPT", "Exempt"
    ZERO = "ZERO", "Zero rated"
    REVERSE_CHARGE = "REVERSE_CHARGE", "Reverse charge"
    OUT_OF_SCOPE = "OUT_OF_SCOPE", "Out of scope"


class RateKind(TextChoices):
    """What a rate multiplies (TAX-8)."""

    PERCENT = "PERCENT", "Percent of the base"
    PER_UNIT = "PER_UNIT", "Amount per unit"
    FLAT_LINE = "FLAT_LINE", "Amount per line"


class CapScope(TextChoices):
    """What a cap bounds (TAX-8)."""

    LINE = "LINE", "Line"
    DOCUMENT = "DOCUMENT", "Document"
