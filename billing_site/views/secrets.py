"""The one page that ever shows a secret: the answer to the form that made it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse

from foundation.screens import FormScreen, Screen


class ShowsSecret(FormScreen):
    """A form whose operation returns a named thing and its secret, which is shown this once.

    `answer_template` says what the secret is for; it gets the thing, the secret, and the page of
    the thing, `shown_at`.
    """

    answer_template: ClassVar[str]

    def succeeded(self) -> HttpResponse:
        """Show the secret, this once."""
        made, secret = self.result
        self.template_name = self.answer_template
        context = Screen.get_context_data(
            self,
            made=made,
            secret=secret,
            title=f"The secret of {made.name}",
            shown_at=self.address_of(made),
        )
        return self.render_to_response(context)

    def address_of(self, made: Any) -> str:
        """Return the page of what was made."""
        raise ImproperlyConfigured(f"{type(self).__name__} does not say where.")
