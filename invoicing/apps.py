from django.apps import AppConfig

from foundation import scope


class InvoicingConfig(AppConfig):
    name = "invoicing"
    verbose_name = "Invoicing"

    def ready(self) -> None:
        """Say whose rows are whose, and answer what the accounts' room asks."""
        from customers.models import Account
        from customers.queries import above
        from invoicing.operations import closing
        from invoicing.queries import billed, unbilled

        above.answer_exposure(self.label, unbilled.at_risk)
        above.answer_billed(self.label, billed.billed_pieces)
        above.answer_objections(self.label, closing.left_to_do)

        scope.register(
            self.label,
            BillCycle=scope.SHARED,
            BillRun=scope.WHOLE,
            BillRunAccount="payer__entity",
            BillRunChunk=scope.WHOLE,
            BillRunFinding=scope.through("payer_id", Account),
            ChargeItem=scope.through("account_id", Account),
            CycleChange=scope.through("account_id", Account),
            DocumentArtifact="invoice__entity",
            InterimBill="payer__entity",
            Invoice="entity",
            InvoiceLine="invoice__entity",
            MemoRequest="account__entity",
            TaxLine="line__invoice__entity",
            TaxTotal="invoice__entity",
        )
