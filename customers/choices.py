"""The closed lists of words of the customers room."""

from django.db.models import TextChoices


class CustomerKind(TextChoices):
    PERSON = "PERSON", "Person"
    ORG = "ORG", "Organisation"
    PARTNER = "PARTNER", "Partner"


class CustomerStatus(TextChoices):
    PROSPECT = "PROSPECT", "Prospect"
    ACTIVE = "ACTIVE", "Active"
    CLOSED = "CLOSED", "Closed"


class AccountRole(TextChoices):
    PAYER = "PAYER", "Payer"
    NON_PAYER = "NON_PAYER", "Non-payer"


class AccountStatus(TextChoices):
    PENDING = "PENDING", "Pending"
    ACTIVE = "ACTIVE", "Active"
    SUSPENDED = "SUSPENDED", "Suspended"
    CLOSING = "CLOSING", "Closing"
    CLOSED = "CLOSED", "Closed"


class InvoiceMode(TextChoices):
    CONSOLIDATED = "CONSOLIDATED", "One invoice, a section per account"
    SEPARATE = "SEPARATE", "Each account pays for itself"
    SUMMARY = "SUMMARY", "Own invoices, summary statement above"


class TermsKind(TextChoices):
    NET = "NET", "Net days"
    EOM = "EOM", "End of month plus days"
    FIXED_DAY = "FIXED_DAY", "Fixed day of the next month"
    ON_RECEIPT = "ON_RECEIPT", "On receipt"


class Delivery(TextChoices):
    EMAIL = "EMAIL", "E-mail"
    POST = "POST", "Post"
    PORTAL = "PORTAL", "Portal only"


class ContactRole(TextChoices):
    BILLING = "BILLING", "Billing"
    TECHNICAL = "TECHNICAL", "Technical"
    LEGAL = "LEGAL", "Legal"
    GENERAL = "GENERAL", "General"


class AddressRole(TextChoices):
    BILLING = "BILLING", "Billing"
    SERVICE = "SERVICE", "Service"


class ContractState(TextChoices):
    DRAFT = "DRAFT", "Draft"
    SIGNED = "SIGNED", "Signed"
    EXPIRED = "EXPIRED", "Expired"
    TERMINATED = "TERMINATED", "Terminated"


class Renewal(TextChoices):
    NONE = "NONE", "Ends"
    AUTO = "AUTO", "Renews by itself"


class GrantState(TextChoices):
    """Whether a discount that was given holds."""

    PENDING = "PENDING", "Waits for approval"
    GRANTED = "GRANTED", "Given"
    REJECTED = "REJECTED", "Not approved"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


class ContractPriceKind(TextChoices):
    FIXED = "FIXED", "Fixed unit price"
    PERCENT_OFF = "PERCENT_OFF", "Percent off the next lower price"


class OrderChannel(TextChoices):
    CLERK = "CLERK", "Clerk"
    API = "API", "API"
    IMPORT = "IMPORT", "Import"
    SELF_SERVICE = "SELF_SERVICE", "Self service"


class OrderState(TextChoices):
    DRAFT = "DRAFT", "Draft"
    PENDING_APPROVAL = "PENDING_APPROVAL", "Waits for approval"
    SUBMITTED = "SUBMITTED", "Submitted"
    COMPLETED = "COMPLETED", "Completed"
    CANCELLED = "CANCELLED", "Cancelled"


class OrderAction(TextChoices):
    ADD = "ADD", "Add"
    MODIFY = "MODIFY", "Modify"
    SUSPEND = "SUSPEND", "Suspend"
    RESUME = "RESUME", "Resume"
    TRANSFER = "TRANSFER", "Transfer"
    RENEW = "RENEW", "Renew"
    TERMINATE = "TERMINATE", "Terminate"


class AdvanceFate(TextChoices):
    """What becomes of the running period of charges in advance at the end (PRO-2).

    The last segment of such a charge carries the word as its state.
    """

    PRORATED = "PRORATED", "The unused part is credited"
    KEPT = "KEPT", "Nothing is credited, the period is charged whole"
    FREED = "FREED", "The whole period is credited"


class EndRule(TextChoices):
    """When a termination takes effect."""

    NOW = "NOW", "Now"
    PERIOD_END = "PERIOD_END", "At the end of the running period"
    TERM_END = "TERM_END", "At the end of the term"
    ON_DATE = "ON_DATE", "On a date"


class NextStep(TextChoices):
    """What is done about a service that could not be provisioned."""

    RETRY = "RETRY", "Try again"
    CORRECT = "CORRECT", "Correct the order"
    CALL = "CALL", "Ask the customer"
    GIVE_UP = "GIVE_UP", "Cancel the order"


class PausePolicy(TextChoices):
    """What charges do while a subscription is suspended (PRO-4)."""

    CONTINUE = "CONTINUE", "Charge on"
    STOP = "STOP", "Free of charge"
    REDUCE = "REDUCE", "Suspension price"


class PauseReason(TextChoices):
    """Why a subscription is suspended (2.11); ENDED are the days before a reinstatement."""

    CUSTOMER = "CUSTOMER", "The customer asked"
    NON_PAYMENT = "NON_PAYMENT", "Not paid"
    FRAUD = "FRAUD", "Suspected fraud"
    ENDED = "ENDED", "Ended and reinstated"


class TrialOutcome(TextChoices):
    """What becomes of a subscription when its trial ends."""

    CONVERT = "CONVERT", "Becomes paid"
    END = "END", "Ends"
    PAUSE = "PAUSE", "Is suspended"


class SubscriptionState(TextChoices):
    PENDING = "PENDING", "Pending"
    TRIAL = "TRIAL", "Trial"
    ACTIVE = "ACTIVE", "Active"
    SUSPENDED = "SUSPENDED", "Suspended"
    PENDING_END = "PENDING_END", "Ends on a date"
    TERMINATED = "TERMINATED", "Terminated"
    CANCELLED = "CANCELLED", "Cancelled"


class TermType(TextChoices):
    EVERGREEN = "EVERGREEN", "Evergreen"
    TERMED = "TERMED", "Termed"


class PricePolicy(TextChoices):
    FLOATING = "FLOATING", "Price of the period"
    LOCKED_START = "LOCKED_START", "Price of the start"
    LOCKED_TERM = "LOCKED_TERM", "Price of the term's start"
    FIXED = "FIXED", "Own price"


class SegmentState(TextChoices):
    ON = "ON", "On"
    OFF = "OFF", "Off"
    REDUCED = "REDUCED", "Reduced"
    PRORATED = "PRORATED", "On, the unused part credited at its end"
    KEPT = "KEPT", "On, nothing credited at its end"
    FREED = "FREED", "On, its last period credited whole"


class SubscriptionEventKind(TextChoices):
    CREATED = "CREATED", "Created"
    ACTIVATED = "ACTIVATED", "Activated"
    TRIAL_STARTED = "TRIAL_STARTED", "Trial started"
    COMPONENTS_CHANGED = "COMPONENTS_CHANGED", "Components changed"
    QUANTITY_CHANGED = "QUANTITY_CHANGED", "Quantity changed"
    PRICE_CHANGED = "PRICE_CHANGED", "Own price changed"
    PLAN_CHANGED = "PLAN_CHANGED", "Plan changed"
    IDENTIFIERS_CHANGED = "IDENTIFIERS_CHANGED", "Identifiers changed"
    ACCEPTED = "ACCEPTED", "Accepted"
    END_SCHEDULED = "END_SCHEDULED", "End scheduled"
    END_WITHDRAWN = "END_WITHDRAWN", "Scheduled end withdrawn"
    SUSPENDED = "SUSPENDED", "Suspended"
    RESUMED = "RESUMED", "Resumed"
    REINSTATED = "REINSTATED", "Reinstated"
    RENEWED = "RENEWED", "Term renewed"
    TRANSFERRED = "TRANSFERRED", "Handed to another account"
    TAKEN_OVER = "TAKEN_OVER", "Taken over from another account"
    TRIAL_CHANGED = "TRIAL_CHANGED", "Trial changed"
    CHANGE_WITHDRAWN = "CHANGE_WITHDRAWN", "Scheduled change withdrawn"
    TERMINATED = "TERMINATED", "Terminated"
    CANCELLED = "CANCELLED", "Cancelled"


class ServiceState(TextChoices):
    PENDING = "PENDING", "Pending"
    ACTIVE = "ACTIVE", "Active"
    SUSPENDED = "SUSPENDED", "Suspended"
    TERMINATED = "TERMINATED", "Terminated"


class CertificateState(TextChoices):
    DRAFT = "DRAFT", "Draft"
    PENDING = "PENDING", "Waits for approval"
    APPROVED = "APPROVED", "Approved"
    REJECTED = "REJECTED", "Rejected"
    REVOKED = "REVOKED", "Revoked"
