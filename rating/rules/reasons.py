"""Why a usage row waits in suspense, and what a clerk does next."""

from enum import StrEnum


class Reason(StrEnum):
    """Name each refusal of a row once; screens, files and the API show the same word."""

    BAD_ROW = "BAD_ROW"
    BAD_TEXT = "BAD_TEXT"
    BAD_TIME = "BAD_TIME"
    BAD_QUANTITY = "BAD_QUANTITY"
    BAD_ATTRIBUTE = "BAD_ATTRIBUTE"
    NEGATIVE = "NEGATIVE"
    WRONG_SOURCE = "WRONG_SOURCE"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    UNKNOWN_UNIT = "UNKNOWN_UNIT"
    TOO_LATE = "TOO_LATE"
    IN_FUTURE = "IN_FUTURE"
    DUP_CONFLICT = "DUP_CONFLICT"
    NO_OWNER = "NO_OWNER"
    INACTIVE_SERVICE = "INACTIVE_SERVICE"
    NO_CHARGE = "NO_CHARGE"
    NO_PRICE = "NO_PRICE"
    NO_ZONE = "NO_ZONE"
    TAKEN_BACK = "TAKEN_BACK"
    PARTIAL = "PARTIAL"


TITLES: dict[Reason, str] = {
    Reason.BAD_ROW: "The row cannot be read",
    Reason.BAD_TEXT: "A text is wrong",
    Reason.BAD_TIME: "The time is wrong",
    Reason.BAD_QUANTITY: "The quantity is wrong",
    Reason.BAD_ATTRIBUTE: "An attribute is wrong",
    Reason.NEGATIVE: "Negative quantity",
    Reason.WRONG_SOURCE: "Names another source",
    Reason.UNKNOWN_TYPE: "Unknown usage type",
    Reason.UNKNOWN_UNIT: "Unknown unit",
    Reason.TOO_LATE: "Came too late",
    Reason.IN_FUTURE: "Lies in the future",
    Reason.DUP_CONFLICT: "Key used for another event",
    Reason.NO_OWNER: "Nobody holds the identifier",
    Reason.INACTIVE_SERVICE: "The service was not active",
    Reason.NO_CHARGE: "No charge takes it",
    Reason.NO_PRICE: "No price on that day",
    Reason.NO_ZONE: "No zone has the prefix",
    Reason.TAKEN_BACK: "Taken back",
    Reason.PARTIAL: "Waits for the rest of its session",
}

NEXT_STEPS: dict[Reason, str] = {
    Reason.BAD_ROW: "Ask the source for the row again, or write it off.",
    Reason.BAD_TEXT: "Correct the text, then recycle.",
    Reason.BAD_TIME: "Correct the event time, then recycle.",
    Reason.BAD_QUANTITY: "Correct the quantity, then recycle.",
    Reason.BAD_ATTRIBUTE: "Correct the attribute to a value of the usage type, then recycle.",
    Reason.NEGATIVE: "Correct the sign, or write it off: this usage type takes no corrections.",
    Reason.WRONG_SOURCE: "Load the file under the source it names, or correct the row.",
    Reason.UNKNOWN_TYPE: "Correct the usage type, or add it to the catalog, then recycle.",
    Reason.UNKNOWN_UNIT: "Correct the unit, then recycle.",
    Reason.TOO_LATE: "Lift the limit of the source and recycle, or write it off.",
    Reason.IN_FUTURE: "Check the clock of the source; correct the time, then recycle.",
    Reason.DUP_CONFLICT: "Compare with the event already held; give a new key or write it off.",
    Reason.NO_OWNER: "Give the identifier to a service at that time, or correct it; recycle.",
    Reason.INACTIVE_SERVICE: "Check the service dates; correct them or write the row off.",
    Reason.NO_CHARGE: "Add the usage charge to the subscription, or correct type or attributes.",
    Reason.NO_PRICE: "Publish a price for the charge on that day, then recycle.",
    Reason.NO_ZONE: "Add the prefix of the number to the zone map from that day, then recycle.",
    Reason.TAKEN_BACK: "Recycle it to let it count again, corrected or not; or write it off.",
    Reason.PARTIAL: "Nothing: it is merged when the rest comes, or when its source waits no more.",
}


class Rejected(Exception):
    """Say which column of a row is refused and why; the row goes to suspense."""

    def __init__(self, reason: Reason, column: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.column = column
        self.message = message
