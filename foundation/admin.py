"""The admin classes every room builds on: bounded lists, no deletion, declared permissions.

`HouseAdmin` is for configuration that staff may edit; `ReadOnlyAdmin` shows what only operations
may write (documents, journal, usage). Both use the console's look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.filters import (
    AllValuesFieldListFilter,
    FieldListFilter,
    RelatedFieldListFilter,
)
from django.contrib.admin.options import csrf_protect_m
from django.core import checks
from django.core.paginator import Paginator
from django.db import DatabaseError
from django.db.models import CharField, ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField, ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin, TabularInline
from unfold.checks import UnfoldModelAdminChecks

from foundation import scope
from foundation.errors import Refusal, translate_database_error
from foundation.paging import COUNT_CAP, capped_count


class CappedPaginator(Paginator):
    """Count at most `COUNT_CAP` rows, so that long lists open as fast as short ones."""

    def __init__(self, object_list: Any, per_page: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(object_list, per_page, *args, **kwargs)
        self._counted: int | None = None

    @property
    def count(self) -> int:  # type: ignore[override]
        """Return the number of rows, or `COUNT_CAP` where there are more."""
        if self._counted is None:
            if isinstance(self.object_list, QuerySet):
                self._counted = min(capped_count(self.object_list), COUNT_CAP)
            else:
                self._counted = len(self.object_list)
        return self._counted


class RecentValues(AllValuesFieldListFilter):
    """Offer the values that the newest rows hold, so that offering them never reads a table."""

    newest = 2_000

    def __init__(
        self,
        field: Any,
        request: HttpRequest,
        params: Any,
        model: Any,
        model_admin: Any,
        field_path: str,
    ) -> None:
        asked = params.get(field_path) or []  # taken out of params by the next line
        super().__init__(field, request, params, model, model_admin, field_path)
        rows = model_admin.get_queryset(request).order_by("-pk")
        held = rows.values_list(field.name, flat=True)[: self.newest]
        offered: Any = sorted({*held, *asked} - {None})
        self.lookup_choices = offered


class SeenRelatedFilter(RelatedFieldListFilter):
    """A filter by a related row that offers only rows that the person sees."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[str, Any]]:
        """Return the choices."""
        if scope.entities_of(request.user) is None:
            return super().field_choices(field, request, model_admin)
        seen = scope.narrowed(field.related_model._default_manager.order_by(), request.user)
        ordering = self.field_admin_ordering(field, request, model_admin)
        found: list[tuple[str, Any]] = field.get_choices(
            include_blank=False,
            ordering=ordering,
            limit_choices_to={"pk__in": seen.values("pk")},
        )
        return found


FieldListFilter.register(
    lambda field: bool(field.remote_field), SeenRelatedFilter, take_priority=True
)


class HouseAdminChecks(UnfoldModelAdminChecks):
    """Refuse, when the site starts, an action that does not say who may run it."""

    def check(self, admin_obj: Any, **kwargs: Any) -> list[Any]:
        """Return Django's findings and ours."""
        return [*super().check(admin_obj, **kwargs), *self._actions_declare_permissions(admin_obj)]

    def _actions_declare_permissions(self, admin_obj: Any) -> list[checks.CheckMessage]:
        names = ("actions", "actions_list", "actions_row", "actions_detail", "actions_submit_line")
        found: list[checks.CheckMessage] = []
        for name in names:
            for action in _flat(getattr(admin_obj, name, None) or ()):
                method: Any = action if callable(action) else getattr(admin_obj, action, None)
                if method is not None and not getattr(method, "allowed_permissions", None):
                    found.append(
                        checks.Error(
                            f"The action '{action}' declares no permissions.",
                            hint="Decorate it with @action(permissions=[...]).",
                            obj=admin_obj.__class__,
                            id="house.E001",
                        )
                    )
        return found


def _flat(actions: Any) -> list[Callable[..., Any] | str]:
    """Return the actions of a list that may hold groups ({"title": …, "items": […]})."""
    flat: list[Callable[..., Any] | str] = []
    for action in actions:
        flat.extend(_flat(action["items"]) if isinstance(action, dict) else [action])
    return flat


class HouseAdmin(ModelAdmin):
    """An admin page for configuration: bounded list, nothing deleted, refusals as messages.

    A save that a database guard refuses comes back as a sentence, not as an error page.
    `created_by` and `updated_by` are filled where the model has them.
    """

    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 200
    list_filter_submit = True
    compressed_fields = True
    warn_unsaved_form = True
    checks_class = HouseAdminChecks

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        """Return the filters; those of words without declared choices offer recent values."""
        return [
            (name, RecentValues) if self._is_free_word(name) else name
            for name in super().get_list_filter(request)
        ]

    def _is_free_word(self, name: Any) -> bool:
        if not isinstance(name, str) or "__" in name:
            return False
        field = self.model._meta.get_field(name)
        return isinstance(field, CharField) and not field.choices

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows that the person sees: lists, pages, searches and choices begin here."""
        return scope.narrowed(super().get_queryset(request), request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse shared rows, and new entities, to whoever works for some entities only."""
        free = scope.entities_of(request.user) is None or (
            scope.may_change(request.user, self.model) and scope.rule_of(self.model) != "pk"
        )
        return free and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse shared rows to whoever works for some entities only."""
        free = scope.may_change(request.user, self.model)
        return free and super().has_change_permission(request, obj)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """Offer the rows that the person sees."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and field.queryset is not None:
            field.queryset = scope.narrowed(field.queryset, request.user)
        return field

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Answer "not found", as every other page does."""
        raise Http404(f"There is no {opts.verbose_name} {object_id} that you may see.")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: what was used once stays readable; archive or end-date it instead."""
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the declared actions, without Django's bulk delete."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Save, and write down who did."""
        if not change and hasattr(obj, "created_by_id"):
            obj.created_by = request.user
        if hasattr(obj, "updated_by_id"):
            obj.updated_by = request.user
        super().save_model(request, obj, form, change)

    @csrf_protect_m
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form; turn what the database or an operation refuses into a message."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            return self._refused(request, refusal)
        except DatabaseError as error:
            return self._refused(request, translate_database_error(error))

    def _refused(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        if request.method != "POST":
            raise refusal
        messages.error(request, f"Not saved: {refusal.message} ({refusal.rule})")
        return HttpResponseRedirect(request.get_full_path())


class DefinedAdmin(HouseAdmin):
    """An admin page for what one operation defines by its code: the form is saved through it.

    `define` takes every field of the form by name, and `actor`; it makes the row of a code or
    changes it to what is said. What it refuses stands above the form.
    """

    define: ClassVar[Callable[..., Model]]

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Call the operation; the admin goes on with the row that it made."""
        fields = {field.name for field in obj._meta.concrete_fields}
        asked = fields & set(signature(type(self).define).parameters)
        made = type(self).define(
            **{name: getattr(obj, name) for name in asked}, actor=request.user
        )
        stand_for(obj, made)


def stand_for(obj: Any, made: Model) -> None:
    """Let the unsaved row of a form stand for the one that an operation made of it."""
    obj.pk = made.pk
    obj._state.adding = False
    obj._state.db = made._state.db


class ReadOnlyAdmin(HouseAdmin):
    """An admin page to look at what only operations write: `view_` shows it, nothing edits it."""

    warn_unsaved_form = False
    show_add_link = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: rows are made by operations."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: rows are changed by operations."""
        return False


class ReadOnlyInline(TabularInline):
    """Rows that belong to the object shown, to look at; set `model` and `fields`."""

    extra = 0
    max_num = 0
    can_delete = False
    per_page = 20
    show_change_link = True
    tab = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows that the person sees, in order, with what the columns point at."""
        rows = scope.narrowed(super().get_queryset(request), request.user)
        columns = {field.name: field for field in self.model._meta.concrete_fields}
        shown = [str(name) for name in self.fields or ()]
        parents = [name for name in shown if name in columns and columns[name].is_relation]
        if parents:
            rows = rows.select_related(*parents)
        return rows if rows.ordered else rows.order_by("pk")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: rows are made by operations."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: rows are changed by operations."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """Return every field shown."""
        return [str(name) for name in self.fields or ()]
