"""What invoicing announces, after the commit that made it so; every effect is also swept for.

`invoices_posted(invoice_ids)`: a chunk of documents has been posted, once per committed chunk.
`runs_reviewed(run_ids)`: runs wait for approval.
"""

from django.dispatch import Signal

invoices_posted = Signal()
runs_reviewed = Signal()
