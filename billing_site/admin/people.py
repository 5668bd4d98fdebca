"""People and their roles: roles by the table, no single rights, no superuser."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

import ledger.operations
import ledger.queries
from billing_site import operations, roles
from foundation.admin import HouseAdmin, ReadOnlyAdmin
from ledger.models import LegalEntity

admin.site.unregister(User)
admin.site.unregister(Group)


class PersonForm(UserChangeForm):  # type: ignore[misc]
    """A person's form that refuses a forbidden pair before the database does."""

    entities = forms.ModelMultipleChoiceField(
        LegalEntity.objects.order_by("code"),
        required=False,
        label="Legal entities",
        help_text="Sees and changes rows of these only. None chosen: of all.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = ledger.queries.entities_of(self.instance.pk) if self.instance.pk else None
        self.initial["entities"] = sorted(held or ())

    def clean_groups(self) -> Any:
        """Check the pairs of roles."""
        chosen = self.cleaned_data["groups"]
        for one, other in roles.conflicts({group.name for group in chosen}):
            raise forms.ValidationError(
                f"Nobody is both {one} and {other}: one checks the other (SOD-1).", code="SOD-1"
            )
        return chosen


@admin.register(User)
class PersonAdmin(UserAdmin, HouseAdmin):  # type: ignore[type-arg,misc]
    """People: who they are, whether they may log in, which roles they hold."""

    form = PersonForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "email", "roles_held", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    filter_horizontal = ("groups",)
    readonly_fields = ("last_login", "date_joined", "is_superuser")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "groups", "entities", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    actions_on_top: ClassVar[bool] = False

    @admin.display(description="Name", ordering="last_name")
    def full_name(self, person: User) -> str:
        """Return the person's full name."""
        return person.get_full_name()

    @admin.display(description="Roles")
    def roles_held(self, person: User) -> str:
        """Return the roles, in words."""
        return ", ".join(group.name for group in person.groups.all())

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the people with their roles."""
        return super().get_queryset(request).prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to edit a superuser (break-glass accounts are managed on the server)."""
        if isinstance(obj, User) and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what a person did names them, so that who leaves is made inactive (D5)."""
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Give the roles through the operation, which knows who may and what must wait."""
        if change and "groups" in form.cleaned_data:
            names = {group.name for group in form.cleaned_data["groups"]}
            held = set(form.instance.groups.values_list("name", flat=True))
            if names != held:
                self._ask_for(request, form.instance, names)
        if change and "entities" in form.changed_data:
            ledger.operations.limit_to_entities(
                user=form.instance,
                entities=form.cleaned_data["entities"],
                actor=request.user,  # type: ignore[arg-type]  # logged in, by the admin
            )

    def _ask_for(self, request: HttpRequest, person: User, names: set[str]) -> None:
        """Change the roles, and say what waits for a second person."""
        waits = operations.request_roles(
            user=person,
            names=names,
            actor=request.user,  # type: ignore[arg-type]  # logged in, by the admin
        )
        if waits is not None:
            gained = sorted(set(waits.payload["wanted"]) - set(waits.payload["now"]))
            messages.warning(
                request,
                f"{', '.join(gained)}: held when a second person has agreed, within three days.",
            )


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    """Roles and their rights, to look at: `setup_roles` makes them from the role table."""

    list_display = ("name", "purpose", "people")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "purpose", "rights")
    readonly_fields = ("purpose", "rights", "people")

    @admin.display(description="What for")
    def purpose(self, group: Group) -> str:
        """Return what the role is for."""
        role = roles.BY_NAME.get(group.name)
        return role.purpose if role else "Not a role of the table"

    @admin.display(description="People")
    def people(self, group: Group) -> int:
        """Return how many hold the role."""
        return group.user_set.count()

    @admin.display(description="Rights")
    def rights(self, group: Group) -> str:
        """Return the rights in words, grouped by room."""
        return ", ".join(
            right.name for right in group.permissions.order_by("content_type__app_label", "name")
        )
