"""What every API view builds on: permission per action, strict input, problem+json, idempotency.

    class InvoiceViewSet(Listed, Retrieved, HouseViewSet):
        queryset = Invoice.objects.all()
        serializer_class = InvoiceSerializer            # a HouseModelSerializer
        required_permissions = {
            "list": "invoicing.view_invoice",
            "retrieve": "invoicing.view_invoice",
            "credit": "invoicing.request_credit",
        }
        filterset_fields = ("state", "payer_id")         # the only query parameters taken

        @extend_schema(request=CreditSerializer, responses={201: CreditMemoSerializer})
        @action(detail=True, methods=["post"])
        def credit(self, request, pk=None):
            data = self.checked(CreditSerializer)
            memo = operations.request_credit(invoice_id=self.pk, **data, actor=request.user)
            return self.created(CreditMemoSerializer(memo).data)

Rooms list their view sets in `<room>/api/routes.py` as
`ROUTES = [("invoices", InvoiceViewSet, "invoice"), …]`; the roof registers them under /api/v1/.
"""

from foundation.api.fields import Amount, MoneyField
from foundation.api.problems import Problem, handle
from foundation.api.serializers import (
    CommentSerializer,
    HouseModelSerializer,
    HouseSerializer,
    NothingSerializer,
)
from foundation.api.texts import DecimalTextField, NumberedField
from foundation.api.views import HousePagination, HouseViewSet, Listed, Retrieved

__all__ = [
    "Amount",
    "CommentSerializer",
    "DecimalTextField",
    "HouseModelSerializer",
    "HousePagination",
    "HouseSerializer",
    "HouseViewSet",
    "Listed",
    "MoneyField",
    "NothingSerializer",
    "NumberedField",
    "Problem",
    "Retrieved",
    "handle",
]
