"""Pages and views made only for the tests of the bases, over Django's own users and groups."""

from django import forms
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from billing_site.urls import urlpatterns as site
from foundation.api import (
    HouseModelSerializer,
    HouseSerializer,
    HouseViewSet,
    Listed,
    MoneyField,
    Retrieved,
)
from foundation.errors import Invalid, Refusal
from foundation.screens import (
    ActionView,
    Button,
    Column,
    Crumb,
    Empty,
    FilterForm,
    FormScreen,
    ListScreen,
    Screen,
    Total,
)


class UserFilters(FilterForm):
    name = forms.CharField(max_length=20)
    since = forms.DateField()


class UserList(ListScreen):
    title = "People"
    permission = "auth.view_user"
    export_permission = "auth.view_group"
    filters = UserFilters
    page_size = 3
    columns = (
        Column(label="Name", value="username", link=lambda user: f"/people/{user.pk}/"),
        Column(label="Owes", value=lambda user: user.pk * 1000, kind="money",
               currency=lambda user: "EUR"),
        Column(label="State", value=lambda user: "HELD", kind="status"),
    )  # fmt: skip
    empty = Empty(title="Nobody yet", text="Add the first person.")

    def rows(self, filters):
        return User.objects.filter(username__startswith=filters.get("name", "")).order_by(
            "username"
        )

    def totals(self, filters):
        return [Total(label="Owed", amount=5, currency="JPY", url="/owed/")]

    def crumbs(self):
        return [Crumb("Home", "/home/")]

    def buttons(self):
        return [
            Button(label="Add", url="/add/", permission="auth.add_user"),
            Button(label="Drop", url="/drop/", method="post", confirm="Sure?"),
        ]


class KeyedList(UserList):
    keyset = ("-username", "id")


class NameForm(forms.Form):
    name = forms.CharField()


class AddGroup(FormScreen):
    title = "New group"
    permission = "auth.add_group"
    form_class = NameForm
    success_url = "/done/"

    def submit(self, form):
        if form.cleaned_data["name"] == "no":
            raise Refusal("there is such a group", rule="TEST-1")
        if form.cleaned_data["name"] == "short":
            raise Invalid("write it out", column="name")
        Group.objects.create(name=form.cleaned_data["name"])


class DropGroup(ActionView):
    permission = "auth.delete_group"

    def act(self):
        raise Refusal("a group is kept", rule="TEST-2")

    def get_success_url(self):
        return "/done/"


class Forgotten(Screen):
    title = "No permission declared"


class PriceSerializer(HouseSerializer):
    name = serializers.CharField(max_length=20)
    price = MoneyField()


class GroupSerializer(HouseModelSerializer):
    class Meta:
        model = Group
        fields = ("id", "name")


class GroupViewSet(Listed, Retrieved, HouseViewSet):
    queryset = Group.objects.all()
    serializer_class = GroupSerializer
    filterset_fields = ("name",)
    query_parameters = {"refuse": ("kind",)}
    required_permissions = {
        "list": "auth.view_group",
        "retrieve": "auth.view_group",
        "create": ("auth.view_group", "auth.add_group"),
        "refuse": "auth.view_group",
    }

    def create(self, request: Request) -> Response:
        data = self.checked(PriceSerializer)
        group = Group.objects.create(name=data["name"])
        if data["name"] == "refused":
            raise Refusal("not this one", rule="TEST-3")
        shown = {"name": group.name, "price": data["price"].amount, "currency": "EUR"}
        return self.created({"id": group.pk, **PriceSerializer(shown).data})

    @action(detail=True)
    def refuse(self, request: Request, pk: str) -> Response:
        _ = self.pk
        raise Invalid("it cannot be", rule="TEST-4")

    @action(detail=False)
    def undeclared(self, request: Request) -> Response:
        return Response({})


router = SimpleRouter()
router.register("groups", GroupViewSet)


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


urlpatterns = [
    path("t/people/", UserList.as_view()),
    path("t/keyed/", KeyedList.as_view()),
    path("t/group/", AddGroup.as_view()),
    path("t/drop/", DropGroup.as_view()),
    path("t/forgotten/", Forgotten.as_view()),
    path("t/broken/", broken),
    path("api/t/", include(router.urls)),
    *site,
]
