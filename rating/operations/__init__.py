"""What is done with usage: load, recycle, write off, rate again, draw from balances."""

from rating.operations.adjusting import CannotTake, give_balance, take_balance
from rating.operations.agreeing import CannotAgreeRating, agree_rating, end_agreement
from rating.operations.alerting import alert_balances
from rating.operations.capping import CannotCap, set_cap
from rating.operations.correcting import (
    CannotCorrect,
    amend_event,
    cancel_event,
    take_back_file,
)
from rating.operations.deriving import derive_pending
from rating.operations.drawing import draw_pending
from rating.operations.events import MOST_ROWS, RowResult, load_events
from rating.operations.granting import Settled, settle_balances
from rating.operations.loading import (
    Rehearsal,
    load_file,
    rehearse_file,
    resume_file,
    resume_files,
)
from rating.operations.merging import MergedParts, merge_parts
from rating.operations.money import (
    draw_money,
    give_money,
    open_money,
    pay_back,
    post_unused,
)
from rating.operations.pooling import CannotPool, end_pool, keep_pools, open_pool
from rating.operations.rerate_jobs import (
    CannotRerate,
    approve_rerate,
    open_rerate,
    reject_rerate,
    request_rerate,
)
from rating.operations.rerating import rerate
from rating.operations.reserving import (
    CannotCommit,
    CannotReserve,
    ReservationEnded,
    SessionRecord,
    commit,
    expire_reservations,
    release,
    reserve,
)
from rating.operations.sources import define_source
from rating.operations.summing import AccountChange, rebuild_sums
from rating.operations.suspending import recycle
from rating.operations.top_ups import (
    CannotTopUp,
    ask_top_ups,
    close_top_up,
    end_top_up,
    expire_top_ups,
    fail_top_up,
    hold_top_up,
    set_top_up,
)
from rating.operations.valuing import ValuedRows, hand_suspense, value_suspense
from rating.operations.writing_off import (
    CannotWriteOff,
    approve_write_off,
    reject_write_off,
    request_write_off,
    reverse_write_off,
    withdraw_write_off,
)

__all__ = [
    "MOST_ROWS",
    "AccountChange",
    "CannotAgreeRating",
    "CannotCap",
    "CannotCommit",
    "CannotCorrect",
    "CannotPool",
    "CannotRerate",
    "CannotReserve",
    "CannotTake",
    "CannotTopUp",
    "CannotWriteOff",
    "MergedParts",
    "Rehearsal",
    "ReservationEnded",
    "RowResult",
    "SessionRecord",
    "Settled",
    "ValuedRows",
    "agree_rating",
    "alert_balances",
    "amend_event",
    "approve_rerate",
    "approve_write_off",
    "ask_top_ups",
    "cancel_event",
    "close_top_up",
    "commit",
    "define_source",
    "derive_pending",
    "draw_money",
    "draw_pending",
    "end_agreement",
    "end_pool",
    "end_top_up",
    "expire_reservations",
    "expire_top_ups",
    "fail_top_up",
    "give_balance",
    "give_money",
    "hand_suspense",
    "hold_top_up",
    "keep_pools",
    "load_events",
    "load_file",
    "merge_parts",
    "open_money",
    "open_pool",
    "open_rerate",
    "pay_back",
    "post_unused",
    "rebuild_sums",
    "recycle",
    "rehearse_file",
    "reject_rerate",
    "reject_write_off",
    "release",
    "request_rerate",
    "request_write_off",
    "rerate",
    "reserve",
    "resume_file",
    "resume_files",
    "reverse_write_off",
    "set_cap",
    "set_top_up",
    "settle_balances",
    "take_back_file",
    "take_balance",
    "value_suspense",
    "withdraw_write_off",
]
