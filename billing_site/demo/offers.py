"""What Larkfield sells: an offer of every charge kind and price model, in dollars and euros."""

from decimal import Decimal

from billing_site.demo.plans import (
    ChargePlan,
    ComponentPlan,
    IncludedPlan,
    OfferPlan,
    Price,
    ProductPlan,
    Tier,
)

PRODUCTS = (
    ProductPlan("INTERNET", "Internet access", "Access", "SERVICE", "TELECOM", "RECURRING"),
    ProductPlan(
        "INSTALL", "Installation", "Access", "FEE", "SERVICE", "ONE_TIME", "POINT_IN_TIME"
    ),
    ProductPlan("MODEM", "Modem", "Access", "EQUIPMENT", "GOOD", "EQUIPMENT", "POINT_IN_TIME"),
    ProductPlan("TV", "Television", "Access", "SERVICE", "TELECOM", "RECURRING"),
    ProductPlan("MOBILE", "Mobile line", "Mobile", "SERVICE", "TELECOM", "RECURRING"),
    ProductPlan("VOICE", "Voice minutes", "Mobile", "USAGE", "TELECOM", "USAGE", "ON_USAGE"),
    ProductPlan("SMS", "Text messages", "Mobile", "USAGE", "TELECOM", "USAGE", "ON_USAGE"),
    ProductPlan("DATA", "Mobile data", "Mobile", "USAGE", "TELECOM", "USAGE", "ON_USAGE"),
    ProductPlan("SEATS", "Business voice", "Business", "SERVICE", "TELECOM", "RECURRING"),
    ProductPlan("TRUNK", "SIP trunk", "Business", "SERVICE", "TELECOM", "RECURRING"),
    ProductPlan("COMPUTE", "Cloud compute", "Cloud", "USAGE", "ELECTRONIC", "USAGE", "ON_USAGE"),
    ProductPlan("GPU", "Cloud GPU", "Cloud", "USAGE", "ELECTRONIC", "USAGE", "ON_USAGE"),
    ProductPlan("STORAGE", "Object storage", "Cloud", "USAGE", "ELECTRONIC", "USAGE", "ON_USAGE"),
    ProductPlan("API", "API calls", "Cloud", "USAGE", "ELECTRONIC", "USAGE", "ON_USAGE"),
    ProductPlan("CHECKOUT", "Checkout fees", "Cloud", "USAGE", "ELECTRONIC", "USAGE", "ON_USAGE"),
    ProductPlan("DOMAIN", "Domain and mail", "Cloud", "SERVICE", "ELECTRONIC", "RECURRING"),
    ProductPlan("RACK", "Rack space", "Cloud", "SERVICE", "SERVICE", "RECURRING"),
)


def _both(dollars: Price, euros: Price) -> dict[str, Price]:
    return {"USD": dollars, "EUR": euros}


def _unit(dollars: str, euros: str) -> dict[str, Price]:
    return _both(Price(unit=dollars), Price(unit=euros))


def _flat(dollars: str, euros: str) -> dict[str, Price]:
    return _both(Price(flat=dollars), Price(flat=euros))


def _access(code: str, name: str, dollars: str, euros: str) -> OfferPlan:
    return OfferPlan(
        code,
        name,
        (
            ChargePlan(
                f"{code}-RC",
                f"{name} monthly fee",
                "INTERNET",
                "RECURRING",
                "FLAT",
                _flat(dollars, euros),
            ),
            ChargePlan(
                f"{code}-IN",
                "Installation",
                "INSTALL",
                "ONE_TIME",
                "FLAT",
                _flat("49.00", "45.00"),
                section="One-time charges",
            ),
            ChargePlan(
                f"{code}-MO",
                "Modem",
                "MODEM",
                "ONE_TIME",
                "FLAT",
                _flat("29.90", "27.50"),
                section="One-time charges",
            ),
        ),
        identifier="LINE",
        family="Access",
    )


def _monthly(code: str, name: str, product: str, dollars: str, euros: str) -> ChargePlan:
    return ChargePlan(code, name, product, "RECURRING", "FLAT", _flat(dollars, euros))


def _usage(
    code: str,
    name: str,
    product: str,
    model: str,
    usage_type: str,
    prices: dict[str, Price],
    rounding: str = "LINE",
    limits: dict[str, str] | None = None,
) -> ChargePlan:
    return ChargePlan(
        code,
        name,
        product,
        "USAGE",
        model,
        prices,
        timing="THRESHOLD" if limits else "ARREARS",
        usage_type=usage_type,
        rounding=rounding,
        section="Usage",
        terms={"thresholds": limits} if limits else {},
    )


MOBILE_DATA = _both(
    Price(tiers=(Tier("5", "0"), Tier("20", "0.90"), Tier(None, "0.45"))),
    Price(tiers=(Tier("5", "0"), Tier("20", "0.80"), Tier(None, "0.40"))),
)


def _shared(gigabytes: str) -> IncludedPlan:
    """Return the data that a line brings to the pool of its family; nothing to one without."""
    return IncludedPlan("FAMILY", "Family data", "DATA", Decimal(gigabytes), {"scope": "POOL"})


OFFERS = (
    _access("FIBER100", "Fiber 100", "39.00", "34.90"),
    _access("FIBER500", "Fiber 500", "59.00", "49.90"),
    OfferPlan(
        "MOBILE-S",
        "Mobile S",
        (
            ChargePlan(
                "MOBILE-S-RC",
                "Mobile S monthly fee",
                "MOBILE",
                "RECURRING",
                "FLAT",
                _flat("12.00", "10.00"),
            ),
            _usage(
                "MOBILE-S-VO",
                "Calls",
                "VOICE",
                "PER_UNIT",
                "VOICE",
                _unit("0.085", "0.079"),
                rounding="EVENT",
            ),
            _usage(
                "MOBILE-S-SM", "Text messages", "SMS", "PER_UNIT", "SMS", _unit("0.09", "0.08")
            ),
            _usage("MOBILE-S-DA", "Mobile data", "DATA", "GRADUATED", "DATA", MOBILE_DATA),
        ),
        identifier="MSISDN",
        family="Mobile",
        included=(_shared("2"),),
    ),
    OfferPlan(
        "MOBILE-M",
        "Mobile M",
        (
            ChargePlan(
                "MOBILE-M-RC",
                "Mobile M monthly fee",
                "MOBILE",
                "RECURRING",
                "FLAT",
                _flat("25.00", "22.00"),
            ),
            _usage(
                "MOBILE-M-VO",
                "Calls beyond 200 minutes",
                "VOICE",
                "OVERAGE",
                "VOICE",
                _both(Price(unit="0.06", included="200"), Price(unit="0.055", included="200")),
            ),
            _usage(
                "MOBILE-M-SM", "Text messages", "SMS", "PER_UNIT", "SMS", _unit("0.05", "0.05")
            ),
            _usage("MOBILE-M-DA", "Mobile data", "DATA", "GRADUATED", "DATA", MOBILE_DATA),
        ),
        identifier="MSISDN",
        family="Mobile",
        included=(
            IncludedPlan(
                "MESSAGES",
                "Included text messages",
                "SMS",
                Decimal(20),
                {"rollover_percent": Decimal("0.5"), "rollover_cap": Decimal(10)},
            ),
            _shared("4"),
        ),
    ),
    OfferPlan(
        "SEAT",
        "Business voice seats",
        (
            ChargePlan(
                "SEAT-RC",
                "Business voice, per seat",
                "SEATS",
                "RECURRING",
                "VOLUME",
                _both(
                    Price(tiers=(Tier("10", "15.00"), Tier("50", "12.50"), Tier(None, "10.00"))),
                    Price(tiers=(Tier("10", "14.00"), Tier("50", "11.50"), Tier(None, "9.00"))),
                ),
            ),
        ),
        identifier="LINE",
        family="Business",
    ),
    OfferPlan(
        "TRUNK",
        "SIP trunk",
        (
            ChargePlan(
                "TRUNK-RC",
                "SIP trunk channels",
                "TRUNK",
                "RECURRING",
                "STAIRSTEP",
                _both(
                    Price(
                        tiers=(
                            Tier("4", flat="60.00"),
                            Tier("30", flat="290.00"),
                            Tier(None, flat="850.00"),
                        )
                    ),
                    Price(
                        tiers=(
                            Tier("4", flat="55.00"),
                            Tier("30", flat="260.00"),
                            Tier(None, flat="790.00"),
                        )
                    ),
                ),
                timing="ARREARS",
            ),
        ),
        identifier="LINE",
        family="Business",
    ),
    OfferPlan(
        "COMPUTE",
        "Cloud compute",
        (
            _usage(
                "COMPUTE-US",
                "Compute hours",
                "COMPUTE",
                "GRADUATED",
                "COMPUTE",
                _both(
                    Price(
                        tiers=(Tier("100", "0.0481"), Tier("1000", "0.0379"), Tier(None, "0.0312"))
                    ),
                    Price(
                        tiers=(Tier("100", "0.0443"), Tier("1000", "0.0349"), Tier(None, "0.0287"))
                    ),
                ),
            ),
        ),
        identifier="TENANT",
        family="Cloud",
    ),
    OfferPlan(
        "GPU",
        "Cloud GPU",
        (
            _usage(
                "GPU-US",
                "GPU hours",
                "GPU",
                "GRADUATED",
                "GPU",
                _both(
                    Price(tiers=(Tier("200", "2.50"), Tier(None, "2.00"))),
                    Price(tiers=(Tier("200", "2.25"), Tier(None, "1.80"))),
                ),
                limits={"USD": "500", "EUR": "450"},
            ),
        ),
        identifier="TENANT",
        family="Cloud",
    ),
    OfferPlan(
        "STORAGE",
        "Object storage",
        (
            _usage(
                "STORAGE-US",
                "Stored gigabyte-days",
                "STORAGE",
                "VOLUME",
                "STORAGE",
                _both(
                    Price(tiers=(Tier("1000", "0.00083"), Tier(None, "0.00069"))),
                    Price(tiers=(Tier("1000", "0.00077"), Tier(None, "0.00064"))),
                ),
            ),
        ),
        identifier="TENANT",
        family="Cloud",
    ),
    OfferPlan(
        "API",
        "API calls",
        (
            _usage(
                "API-US",
                "API calls, per thousand begun",
                "API",
                "PACKAGE",
                "API",
                _both(Price(unit="0.40", package="1000"), Price(unit="0.37", package="1000")),
            ),
        ),
        identifier="TENANT",
        family="Cloud",
    ),
    OfferPlan(
        "CHECKOUT",
        "Checkout",
        (
            _usage(
                "CHECKOUT-US",
                "Share of checkout turnover",
                "CHECKOUT",
                "PERCENT",
                "CHECKOUT",
                _both(
                    Price(percent="0.0250", flat="0", minimum="5.00"),
                    Price(percent="0.0240", flat="0", minimum="4.50"),
                ),
            ),
        ),
        identifier="TENANT",
        family="Cloud",
    ),
    OfferPlan(
        "DOMAIN",
        "Domain and mail, yearly",
        (
            ChargePlan(
                "DOMAIN-RC",
                "Domain and mail, twelve months",
                "DOMAIN",
                "RECURRING",
                "PER_UNIT",
                _unit("84.00", "79.00"),
                months=12,
                section="Yearly charges",
            ),
        ),
        family="Cloud",
    ),
    OfferPlan(
        "RACK",
        "Rack space, quarterly",
        (
            ChargePlan(
                "RACK-RC",
                "Rack units, quarter in arrears",
                "RACK",
                "RECURRING",
                "PER_UNIT",
                _unit("55.00", "49.00"),
                timing="ARREARS",
                months=3,
                section="Quarterly charges",
            ),
        ),
        family="Cloud",
    ),
    OfferPlan(
        "TV",
        "Television",
        (_monthly("TV-RC", "Television", "TV", "9.00", "8.00"),),
        family="Access",
    ),
    OfferPlan(
        "HOME",
        "Larkfield Home",
        (_monthly("HOME-RC", "Home monthly fee", "INTERNET", "64.00", "56.00"),),
        family="Access",
        components=(
            ComponentPlan("TV", "INCLUDED", terms={"ssp_weight": Decimal("9.00")}),
            ComponentPlan("MOBILE-M", "DISCOUNTED", Decimal(40), {"ssp_weight": Decimal("25.00")}),
        ),
    ),
)
