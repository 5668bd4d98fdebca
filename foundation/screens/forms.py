"""Pages that write: a form or a button, one operation, its refusal as a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.generic.edit import FormMixin

from foundation.errors import Invalid, Refusal, translate_database_error
from foundation.parsing import BadValue, date_text, decimal_text
from foundation.screens.cells import dates_told
from foundation.screens.choosing import settle_choices
from foundation.screens.frame import Crumb, Screen


def sentence(refusal: Refusal) -> str:
    """Return a refusal as staff read it, with its rule where it has one of its own."""
    text = dates_told(refusal.message[:1].upper() + refusal.message[1:])
    return f"{text} ({refusal.rule})" if refusal.rule not in ("", Invalid.rule) else text


def codes(*names: str) -> SafeString:
    """Return names that are typed exactly so, as columns of a file, set apart from the prose."""
    return format_html_join(", ", "<code>{}</code>", ((name,) for name in names))


class Parsed(forms.CharField):
    """A text read by a parser of `foundation.parsing`, so that every door says the same of it."""

    def __init__(self, parse: Callable[[str], Any], **kwargs: Any) -> None:
        """Keep the parser."""
        super().__init__(**kwargs)
        self.parse = parse

    def clean(self, value: Any) -> Any:
        """Return the parsed value, None for nothing."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return self.parse(text)
        except BadValue as bad:
            raise ValidationError(bad.message, code=bad.rule) from bad


def is_plain(form: forms.Form) -> bool:
    """Tell whether days and numbers are written as every door reads them; say where they are not.

    Fields of the framework take `1_000`, digits of other scripts, and the years 1 and 9999.
    """
    for name, field in form.fields.items():
        value, sent = form.cleaned_data.get(name), form[name].data
        try:
            if isinstance(value, date):
                date_text(str(value)[:10])
            elif isinstance(field, forms.IntegerField) and isinstance(sent, str) and sent.strip():
                decimal_text(sent.strip(), places=24)
        except BadValue as bad:
            form.add_error(name, ValidationError(bad.message, code=bad.rule))
    return form.is_valid()


class FormScreen(FormMixin, Screen):  # type: ignore[type-arg]
    """A form whose `submit` makes one call into an operation.

    A refusal stands above the form with what was typed kept; success shows `success_message`
    and goes to `get_success_url`. File fields need nothing special.
    """

    template_name = "console/form.html"
    writes = True
    form_class: type[forms.Form]
    intro = ""
    submit_label = "Save"
    success_message = "Done."
    result: Any = None

    def get_form(self, form_class: Any = None) -> Any:
        """Return the form, with the choices that the person may make."""
        form = super().get_form(form_class)
        settle_choices(form)
        self.narrow_choices(form)
        return form

    def submit(self, form: forms.Form) -> Any:
        """Call the operation with the cleaned values; the result is kept in `self.result`."""
        raise ImproperlyConfigured(f"{type(self).__name__} does not say how.")

    def get_success_message(self) -> str:
        """Return what to say when it is done; `self.result` is the operation's answer."""
        return self.success_message

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the form, call the operation, go on or say why not, at the field that is meant."""
        form = self.get_form()
        if form.is_valid() and is_plain(form):
            try:
                self.result = self.submit(form)
            except Refusal as refusal:
                at = refusal.column if refusal.column in form.fields else None
                form.add_error(at, sentence(refusal))
            except DatabaseError as error:
                form.add_error(None, sentence(translate_database_error(error)))
            else:
                return self.succeeded()
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def succeeded(self) -> HttpResponse:
        """Say so and go on; override to answer with a page that shows `self.result`."""
        message = self.get_success_message()
        if message:
            messages.success(self.request, message)
        return HttpResponseRedirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the frame with the form in it."""
        context = super().get_context_data(**kwargs)
        context.setdefault("cancel_url", self.get_cancel_url())
        context.update(intro=self.intro, submit_label=self.submit_label)
        return context

    def get_cancel_url(self) -> str:
        """Return where "Cancel" leads: the last crumb, or the console's home."""
        crumbs = [crumb.url for crumb in self.crumbs() if crumb.url]
        return crumbs[-1] if crumbs else "/"


class Definition(FormScreen):
    """A form that is reached from a list: it leads back there, then to what it made.

    `listed` is the title and the address name of the list; `shown_at` the address name of the
    page of what was made, where such a page exists.
    """

    listed: ClassVar[tuple[str, str]]
    shown_at: ClassVar[str] = ""

    def crumbs(self) -> Sequence[Crumb]:
        """Lead back to the list."""
        title, name = self.listed
        return (Crumb(title, reverse(name)),)

    def get_success_url(self) -> str:
        """Show what was made; the list where it has no page."""
        if not self.shown_at:
            return reverse(self.listed[1])
        return reverse(self.shown_at, args=[self.result.pk])


class ActionView(Screen):
    """A button's other end: POST only, one operation, a message, back to a page."""

    http_method_names = ["post", "options"]
    writes = True
    success_message = "Done."
    result: Any = None

    def act(self) -> Any:
        """Call the operation; `self.kwargs` names the object, the result is `self.result`."""
        raise ImproperlyConfigured(f"{type(self).__name__} does not say how.")

    def get_success_url(self) -> str:
        """Return where to go when it is done."""
        raise ImproperlyConfigured(f"{type(self).__name__} does not say how.")

    def get_failure_url(self) -> str:
        """Return where to go when it was refused."""
        return self.get_success_url()

    def get_success_message(self) -> str:
        """Return what to say when it is done."""
        return self.success_message

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Call the operation, say how it went, go back."""
        try:
            self.result = self.act()
        except Refusal as refusal:
            messages.error(request, sentence(refusal))
            return HttpResponseRedirect(self.get_failure_url())
        except DatabaseError as error:
            messages.error(request, sentence(translate_database_error(error)))
            return HttpResponseRedirect(self.get_failure_url())
        messages.success(request, self.get_success_message())
        return HttpResponseRedirect(self.get_success_url())
