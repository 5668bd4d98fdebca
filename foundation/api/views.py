"""The view sets rooms derive from: permission per action, known parameters, one write per POST."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase
from rest_framework import mixins, permissions, status
from rest_framework.pagination import CursorPagination
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import UserRateThrottle
from rest_framework.viewsets import GenericViewSet

from foundation import scope
from foundation.api import idempotency
from foundation.api.idempotency import Answer
from foundation.api.parsers import BoundedJSONParser
from foundation.api.problems import Problem

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class HousePagination(CursorPagination):
    """Pages by key, newest first, 50 rows unless `page_size` (at most 200) says otherwise."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = "-id"


class HasDeclaredPermission(permissions.BasePermission):
    """Allow what the view declares for the action, to a user who has it and a key scoped to it."""

    message = "You lack the permission for this."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Check the user's rights and, with an API key, the key's scopes."""
        if not (request.user and request.user.is_authenticated):
            return False
        required = view.permissions_of_action()
        scopes = getattr(request.auth, "scopes", None)
        for name in required:
            if not request.user.has_perm(name) or (scopes is not None and name not in scopes):
                self.message = f"You lack the permission {name}."
                return False
        return True


def narrow_choices(serializer: Any, user: Any) -> None:
    """Let every field that names a row, at any depth, find only rows that the person sees."""
    if scope.entities_of(user) is None:
        return
    inner = getattr(serializer, "child", None)
    fields = [inner] if inner is not None else getattr(serializer, "fields", {}).values()
    for field in fields:
        rows: Any = vars(field).get("queryset")
        if rows is not None:
            field.queryset = scope.narrowed(rows.all(), user)
        narrow_choices(field, user)


class Replayed(Exception):
    """Carries the stored answer of a repeated request out of the view."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("replayed")
        self.answer = answer


class HouseViewSet(GenericViewSet):  # type: ignore[type-arg]
    """A view set that takes nothing undeclared.

    `required_permissions` names the permission(s) of every action; `filterset_fields` or
    `filterset_class` and `query_parameters` (per action) name the query parameters; anything
    else is 400. Every POST needs an Idempotency-Key and is carried out once, in one transaction,
    unless `asking` lists its action: it only asks, needs no key, and the database lets it write
    nothing.

    Whoever works for some legal entities only finds rows of theirs: in lists, and behind every
    `pk` of an address (`subjects` names the models of its other parts). A POST to no row is not
    for them, unless `own` lists its action: its operation then refuses rows of other entities.
    """

    required_permissions: ClassVar[Mapping[str, str | Sequence[str]]] = {}
    query_parameters: ClassVar[Mapping[str, Sequence[str]]] = {}
    subjects: ClassVar[Mapping[str, type[Model]]] = {}
    own: ClassVar[frozenset[str]] = frozenset()
    asking: ClassVar[frozenset[str]] = frozenset()
    permission_classes = [HasDeclaredPermission]
    parser_classes = [BoundedJSONParser]
    renderer_classes = [JSONRenderer]
    pagination_class = HousePagination
    throttle_classes = [UserRateThrottle]
    http_method_names = ["get", "post", "head", "options"]

    def permissions_of_action(self) -> tuple[str, ...]:
        """Return the permissions of the action asked for; an undeclared action is a mistake."""
        if self.action in (None, "metadata"):
            return ()
        try:
            declared = self.required_permissions[self.action]
        except KeyError as error:
            raise ImproperlyConfigured(
                f"{type(self).__name__} declares no permission for '{self.action}'."
            ) from error
        return (declared,) if isinstance(declared, str) else tuple(declared)

    @property
    def pk(self) -> int:
        """Return the number in the address; anything but a positive integer is not found."""
        text = str(self.kwargs.get(self.lookup_url_kwarg or self.lookup_field, ""))
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Problem(404, "API-ID", "There is no such object.")
        return int(text)

    @property
    def actor(self) -> User:
        """Return the person who asks; the permission check lets nobody else in."""
        return cast("User", self.request.user)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows asked for that the caller sees."""
        return scope.narrowed(super().filter_queryset(queryset), self.request.user)

    def check_entities(self, request: Request) -> None:
        """Refuse a POST to a row that does not exist, and who is limited what is not theirs."""
        is_free = scope.entities_of(request.user) is None
        if is_free and request.method != "POST":
            return
        own: Any = getattr(self, "queryset", None)
        parts: dict[str, Any] = {"pk": own.model if own is not None else None, **self.subjects}
        named = [(m, self.kwargs[part]) for part, m in parts.items() if m and part in self.kwargs]
        for model, text in named:
            is_number = str(text).isascii() and str(text).isdigit() and len(str(text)) < 19
            if not (is_number and scope.sees(request.user, model, int(text))):
                raise Problem(404, "API-ID", "There is no such object.")
        if is_free or request.method != "POST" or self.action in self.own:
            return
        if not (named and scope.may_change(request.user, named[0][0])):
            raise Problem(403, "ENTITY", "This concerns every legal entity.")

    def get_object(self) -> Any:
        """Return the object of the address, if it is one the caller may see."""
        if self.lookup_field == "pk":
            _ = self.pk
        return super().get_object()

    def checked(self, serializer: type[BaseSerializer[Any]], **kwargs: Any) -> Any:
        """Return the validated values of the body."""
        bound = serializer(data=self.request.data, context=self.get_serializer_context(), **kwargs)
        narrow_choices(bound, self.request.user)
        bound.is_valid(raise_exception=True)
        return bound.validated_data

    def created(self, data: Any) -> Response:
        """Answer 201 with what was made."""
        return Response(data, status=status.HTTP_201_CREATED)

    def shown(self, row: Model) -> Any:
        """Return a row that was written as the collection shows it, read again with its parts."""
        return self.get_serializer_class()(self.get_queryset().get(pk=row.pk)).data

    # -- known parameters ----------------------------------------------------------------------

    def known_parameters(self) -> set[str]:
        """Return every query parameter that the action takes."""
        known = set(self.query_parameters.get(self.action or "", ()))
        if self.action == "list":
            known |= {"cursor", "page_size"}
            filterset = getattr(self, "filterset_class", None)
            if filterset is not None:
                known |= set(filterset.base_filters)
            fields: Any = getattr(self, "filterset_fields", None) or ()
            for name in fields:
                lookups = fields[name] if isinstance(fields, Mapping) else ["exact"]
                known |= {name if look == "exact" else f"{name}__{look}" for look in lookups}
        return known

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, check rights and parameters, then claim the key of a POST."""
        super().initial(request, *args, **kwargs)
        unknown = sorted(set(request.query_params) - self.known_parameters())
        if unknown:
            raise Problem(400, "API-PARAMETER", f"Unknown parameter: {', '.join(unknown)}.")
        if any("\x00" in value for value in request.query_params.values()):
            raise Problem(400, "API-PARAMETER", "A parameter holds a NUL character.")
        acts = request.method == "POST" and self.action not in self.asking
        if acts:
            idempotency.key_of(request)
        self.check_entities(request)
        if acts:
            self._claim(request)
        elif request.method == "POST":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")

    # -- a POST is carried out once ------------------------------------------------------------

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer; a POST and its stored answer share one transaction, a failure stores nothing."""
        if request.method != "POST":
            return super().dispatch(request, *args, **kwargs)
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)
            if getattr(response, "exception", False) or response.status_code >= 400:
                transaction.set_rollback(True)
            elif isinstance(response, Response) and self.action not in self.asking:
                self._remember(response)
        return response

    def _claim(self, request: Request) -> None:
        key = idempotency.key_of(request)
        body = json.dumps(request.data, sort_keys=True, default=str).encode()
        answer = idempotency.store().claim(
            client=idempotency.client_of(request),
            key=key,
            fingerprint=idempotency.fingerprint(request, body),
        )
        if answer is not None:
            raise Replayed(answer)

    def _remember(self, response: Response) -> None:
        if response.has_header("Idempotent-Replayed"):
            return
        body = json.loads(JSONRenderer().render(response.data) or b"null")
        idempotency.store().remember(
            client=idempotency.client_of(self.request),
            key=idempotency.key_of(self.request),
            answer=Answer(response.status_code, body),
        )

    def handle_exception(self, exc: Exception) -> Response:
        """Give back a stored answer; everything else is a problem."""
        if isinstance(exc, Replayed):
            response = Response(exc.answer.body, status=exc.answer.status)
            response["Idempotent-Replayed"] = "true"
            return response
        return super().handle_exception(exc)


class Listed(mixins.ListModelMixin):
    """Adds the list."""


class Retrieved(mixins.RetrieveModelMixin):
    """Adds one by its id."""
