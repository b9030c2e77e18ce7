"""The pictures that the facts name, as templates show them."""

from pathlib import Path

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from booking_endpoint.booking import mark
from booking_endpoint.practice import Picture
from theme.plugins.images import Written, figure
from theme.plugins.plans import BadPlan, drawing

_ = mark


@pass_context
def portrait(context: Context, picture: Picture, shows: str) -> Markup:
    """The doctor. It stands at the top of its page, so it is not put off."""
    written = Written(picture.file, shows, "", picture.credit)
    return figure(context["ALBUM"], written, kind="portrait", sizes="11rem", lazy=False)


@pass_context
def plan(context: Context, picture: Picture, shows: str) -> Markup:
    """The way to the door, drawn, with the same in words. Raises BadPlan, which names the file."""
    path = Path(context["PATH"]) / picture.file
    try:
        drawn = drawing(path.read_text("utf-8"), shows)
    except FileNotFoundError:
        raise BadPlan(_("there is no such file")).of(picture.file) from None
    except BadPlan as error:
        raise error.of(picture.file) from None
    return Markup(
        '<figure class="plan">{}<figcaption><small><bdi>{}</bdi></small></figcaption></figure>'
    ).format(drawn, picture.credit)
