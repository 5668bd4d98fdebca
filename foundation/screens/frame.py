"""The frame of every console page: who may see it, where it stands, what can be done from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar, Literal, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.views.generic import TemplateView

from foundation import scope
from foundation.screens.cells import Tab
from foundation.screens.opening import may_open
from foundation.screens.tabs import shared_figures, shared_tabs, shared_way

M = TypeVar("M", bound=Model)
ACCESS_ADMIN = "Access admin"
STAFF = "staff"
"""The permission of a page that every member of staff may see."""


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of the way to a page; without address it is the page itself."""

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something to do from a page; shown to whoever has `permission`.

    `method="post"` sends an empty form (for an `ActionView`); `confirm` asks first.
    """

    label: str
    url: str
    permission: str = ""
    method: Literal["get", "post"] = "get"
    style: Literal["primary", "plain", "danger"] = "plain"
    confirm: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """What a list says when it is empty: what it will hold, and the next step."""

    title: str = "Nothing here"
    text: str = "No rows match. Clear the filters or widen them."
    button: Button | None = None


def missing_rights(request: HttpRequest, permissions: Sequence[str]) -> list[str]:
    """Return the permissions of the list that the user lacks."""
    return [name for name in permissions if not request.user.has_perm(name)]


def refuse(request: HttpRequest, missing: Sequence[str], *, limited: bool = False) -> HttpResponse:
    """Return the page that says which right is missing, who holds it and whom to ask.

    `limited`: no right is missing, but the page is about every legal entity.
    """
    wanted = Q(pk__in=[])
    for name in missing:
        label, _, codename = name.partition(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    rights = Permission.objects.filter(wanted).order_by("codename")
    roles = Group.objects.filter(permissions__in=rights).distinct().order_by("name")
    admins = Group.objects.filter(name=ACCESS_ADMIN).values_list("user__username", flat=True)
    context = {
        **admin.site.each_context(request),
        "title": "Not for your role",
        "limited": limited,
        "missing": [{"code": name} for name in missing],
        "rights": [right.name for right in rights],
        "roles": [role.name for role in roles],
        "ask": [name for name in admins.order_by("user__username")[:5] if name],
    }
    return TemplateResponse(request, "console/refused.html", context, status=403)


class Screen(TemplateView):
    """A page in the console's frame.

    Set `title`, `permission` ("app.codename" or several, all needed) and `template_name` (which
    extends `console/page.html` and fills its block `page`). Override `get_context_data` for what
    the page shows, `crumbs`, `buttons` and `tabs` for what stands around it.

    A page that does several things names in `verbs` the right that each takes; `verb_field` is
    the part of the address, or the field of the form sent, that says which. A page that hands
    out a file for `?export=…` names in `export_permission` the right to take it away.

    For whoever works for some legal entities only (`foundation.scope`): `subject` is the model of
    the `pk` in the address, `subjects` those of its other parts; a row of another entity is not
    found. A page without any of them is not for such a person, unless it is a list, or `reach`
    says that it shows what is "shared" by all entities, or that it, or its operation, sees to its
    "own" rows. A list of what belongs to no single entity is "whole": not for such a person.
    """

    title = ""
    permission: str | Sequence[str] = ()
    verb_field: ClassVar[str] = ""
    verbs: ClassVar[Mapping[str, str]] = {}
    export_permission: ClassVar[str] = ""
    subject: ClassVar[type[Model] | None] = None
    subjects: ClassVar[Mapping[str, type[Model]]] = {}
    reach: ClassVar[Literal["rows", "shared", "own", "whole"]] = "rows"
    writes: ClassVar[bool] = False
    is_list: ClassVar[bool] = False
    template_name = "console/page.html"

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponse]:
        """Return the view behind its gate: nothing of the page runs for whoever may not see it."""
        view = super().as_view(**initkwargs)

        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            screen = cls(**initkwargs)
            screen.kwargs = kwargs
            response = screen.gate(request) or view(request, *args, **kwargs)
            add_never_cache_headers(response)
            return response

        return gated

    @property
    def actor(self) -> User:
        """Return who asks; behind the gate it is a person who is logged in."""
        assert isinstance(self.request.user, User)
        return self.request.user

    def gate(self, request: HttpRequest) -> HttpResponse | None:
        """Return the log-in or the refusal; None where the user may come in."""
        if not (request.user.is_authenticated and request.user.is_active):
            return redirect_to_login(request.get_full_path(), resolve_url("admin:login"))
        required = self.required_permissions()
        if not required:
            raise ImproperlyConfigured(f"{type(self).__name__} declares no permission.")
        required = (*required, *self.permissions_of_request(request))
        missing = missing_rights(request, [name for name in required if name != STAFF])
        if missing or not request.user.is_staff:
            return refuse(request, missing or required)
        return self.gate_of_entities(request)

    def gate_of_entities(self, request: HttpRequest) -> HttpResponse | None:
        """Let whoever works for some entities only see, and change, nothing but their rows.

        Nobody sends anything to a row that does not exist.
        """
        is_free = scope.entities_of(request.user) is None
        if is_free and request.method != "POST":
            return None
        parts = {"pk": self.subject, **self.subjects}
        named = [(m, self.kwargs[part]) for part, m in parts.items() if m and part in self.kwargs]
        for model, pk in named:
            if not scope.sees(request.user, model, pk):
                raise Http404(f"There is no {model._meta.verbose_name} {pk} that you may see.")
        if is_free:
            return None
        if named and (self.writes or request.method == "POST") and self.reach != "own":
            free = scope.may_change(request.user, named[0][0])
        else:
            free = bool(named) or self.is_for_limited(writing=request.method == "POST")
        return None if free else refuse(request, (), limited=True)

    @classmethod
    def is_for_limited(cls, *, writing: bool = False) -> bool:
        """Tell whether the page, without a row in its address, is for who works for some."""
        if cls.writes or writing:
            return cls.reach == "own"
        return cls.reach in ("own", "shared") or (cls.is_list and cls.reach != "whole")

    def narrowed(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Return those of the rows that the person sees."""
        return scope.narrowed(rows, self.request.user)

    def narrow_choices(self, form: forms.BaseForm) -> None:
        """Offer in a form only rows that the person sees."""
        for field in form.fields.values():
            if isinstance(rows := getattr(field, "queryset", None), QuerySet):
                field.queryset = self.narrowed(rows)  # type: ignore[attr-defined]

    def required_permissions(self) -> tuple[str, ...]:
        """Return every permission needed; `STAFF` stands for none beyond a staff log-in."""
        if isinstance(self.permission, str):
            return (self.permission,) if self.permission else ()
        return tuple(self.permission)

    def permissions_of_request(self, request: HttpRequest) -> tuple[str, ...]:
        """Return what the verb asked for, or the file asked for, takes beyond the page itself.

        A form sent without a verb that the page knows takes the rights of all of them.
        """
        verb = self.kwargs.get(self.verb_field) or request.POST.get(self.verb_field) or ""
        needed = [self.verbs[verb]] if verb in self.verbs else []
        if not needed and request.method == "POST":
            needed = sorted(set(self.verbs.values()))
        if (right := self.get_export_permission()) and request.GET.get("export"):
            needed.append(right)
        return tuple(needed)

    def get_export_permission(self) -> str:
        """Return the right to take the page away as a file; nothing where there is no file."""
        return self.export_permission

    def may_export(self) -> bool:
        """Tell whether who looks at the page may also take it away as a file."""
        right = self.get_export_permission()
        return bool(right) and self.request.user.has_perm(right)

    def get_title(self) -> str:
        """Return the heading; override where it names the object shown."""
        return self.title

    def _open_crumbs(self) -> list[Crumb]:
        """Return the way here; what is not for this reader is named, but leads nowhere."""
        way = self.crumbs() or [Crumb(*one) for one in shared_way(self.request)]
        return [one if may_open(self.request, one.url) else Crumb(one.title) for one in way]

    def crumbs(self) -> Sequence[Crumb]:
        """Return the way to this page, without the page itself."""
        return ()

    def tabs(self) -> Sequence[Tab]:
        """Return the pages beside this one; by default those of the row that the roof lists."""
        return ()

    def buttons(self) -> Sequence[Button]:
        """Return what can be done from here."""
        return ()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the frame; add what the page itself shows."""
        allowed = self.request.user.has_perm
        way = self._open_crumbs()
        context = super().get_context_data(**kwargs)
        context.update(admin.site.each_context(self.request))
        context.update(
            title=self.get_title(),
            standing=shared_figures(self.request),
            crumbs=[*way, Crumb(self.get_title())] if way else [],
            tabs=[
                tab
                for tab in (self.tabs() or shared_tabs(self.request))
                if not tab.permission or allowed(tab.permission)
            ],
            buttons=[
                button
                for button in self.buttons()
                if not button.permission or allowed(button.permission)
            ],
        )
        context.update(kwargs)
        return context
